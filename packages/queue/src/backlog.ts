import { STEPS, type StepName } from '@countersign/flow';
import type { Redis } from 'ioredis';
import { LANES, queueName } from './names.ts';

/** How much lies in one queue now. */
export interface Depth {
  readonly waiting: number;
  readonly active: number;
  /** Parked: to be taken up again at a time. */
  readonly delayed: number;
  readonly failed: number;
  /** Roots that wait for their children. */
  readonly waitingForChildren: number;
  /** How long the job to be taken next has waited; 0 when none waits. */
  readonly oldestMs: number;
}

export type Backlog = Readonly<Record<StepName, Depth>>;

const COUNTED = 6;

/** Two round trips, whatever lies in the queues. A step's two queues count as one. */
export async function readBacklog(redis: Redis, prefix: string, now = Date.now()): Promise<Backlog> {
  const counts = redis.pipeline();
  for (const lane of LANES) {
    const key = `${prefix}:${queueName(lane)}`;
    counts.llen(`${key}:wait`).llen(`${key}:active`).zcard(`${key}:delayed`).zcard(`${key}:failed`);
    counts.zcard(`${key}:waiting-children`).lindex(`${key}:wait`, -1);
  }
  const answers = valuesOf(await counts.exec());
  const times = redis.pipeline();
  LANES.forEach((lane, at) =>
    times.hget(`${prefix}:${queueName(lane)}:${String(answers[at * COUNTED + 5] ?? '')}`, 'timestamp'),
  );
  const since = valuesOf(await times.exec());
  const number = (at: number): number => Number(answers[at] ?? 0);
  const depths = LANES.map(({ step }, index) => {
    const at = index * COUNTED;
    const oldestMs = since[index] === null ? 0 : Math.max(0, now - Number(since[index]));
    return {
      step,
      waiting: number(at),
      active: number(at + 1),
      delayed: number(at + 2),
      failed: number(at + 3),
      waitingForChildren: number(at + 4),
      oldestMs,
    };
  });
  const ofStep = (step: StepName): Depth => depths.filter((depth) => depth.step === step).reduce(together, EMPTY);
  // One entry for every step was just made.
  return Object.fromEntries(STEPS.map((step) => [step, ofStep(step)])) as Record<StepName, Depth>;
}

const EMPTY: Depth = { waiting: 0, active: 0, delayed: 0, failed: 0, waitingForChildren: 0, oldestMs: 0 };

function together(a: Depth, b: Depth): Depth {
  return {
    waiting: a.waiting + b.waiting,
    active: a.active + b.active,
    delayed: a.delayed + b.delayed,
    failed: a.failed + b.failed,
    waitingForChildren: a.waitingForChildren + b.waitingForChildren,
    oldestMs: Math.max(a.oldestMs, b.oldestMs),
  };
}

function valuesOf(replies: [Error | null, unknown][] | null): unknown[] {
  return (replies ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}
