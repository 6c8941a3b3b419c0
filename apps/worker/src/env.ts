import { isStep, STEPS, type StepName } from '@countersign/flow';
import {
  archiveFields,
  callbackFields,
  commaList,
  everyProcess,
  port,
  readProcess,
  url,
  wholeNumber,
  type Env,
  type ProcessSettings,
  type Reading,
} from '@countersign/process';
import { z } from 'zod';
import type { KindPlan } from '@countersign/kinds';
import { payoutFields } from './payouts/settings.ts';

const SANDBOXES = ['shared', 'exclusive', 'none'] as const;

const schema = z.object({
  ...everyProcess,
  ...callbackFields,
  ...payoutFields,
  ...archiveFields,
  PUBLIC_URL: url('http', 'https').describe('the base URL of this API as third parties reach it, for their webhooks'),
  WORKER_QUEUES: commaList()
    .pipe(z.array(z.string().refine(isStep)).min(1))
    .transform((names): StepName[] => STEPS.filter((step) => names.includes(step)))
    .default([...STEPS])
    .describe(`a comma list out of ${STEPS.join(', ')}`),
  WORKER_SANDBOX: z.enum(SANDBOXES).default('shared').describe('shared, exclusive or none'),
  WORKER_SANDBOXES: wholeNumber(1, 64, 'shared sandbox processes').optional(),
  WORKER_SANDBOX_MAX_MB: wholeNumber(100, 100_000, 'megabytes').default(600),
  WORKER_CONCURRENCY: wholeNumber(1, 100_000, 'jobs at once per queue').optional(),
  WORKER_HEALTH_PORT: port().optional(),
});

export type WorkerEnv = z.output<typeof schema>;

export type WorkerSettings = ProcessSettings<WorkerEnv>;

/** Everything a worker and its sandboxes read, judged together with the third parties its kinds name. */
export function readWorkerEnv(env: Env, plans: readonly KindPlan[]): Reading<WorkerSettings> {
  const names = plans.flatMap((plan) => plan.neighbours.map((neighbour) => neighbour.name));
  return readProcess(schema, env, names);
}

/** BullMQ's own sandbox holds a process of about 50 MB per job at once; the others hold a promise. */
export function concurrencyOf({ WORKER_CONCURRENCY, WORKER_SANDBOX }: WorkerEnv): number {
  return WORKER_CONCURRENCY ?? (WORKER_SANDBOX === 'exclusive' ? 4 : 1_000);
}
