/** The verbs. Each has a queue of its own, so each can be scaled on its own (`WORKER_QUEUES`). */
export const STEPS = ['record', 'register', 'poll', 'settle', 'conclude', 'notify'] as const;
export type StepName = (typeof STEPS)[number];

export function isStep(name: string): name is StepName {
  return STEPS.some((step) => step === name);
}
