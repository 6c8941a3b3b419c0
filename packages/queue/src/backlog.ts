import { STEPS, type StepName } from '@countersign/flow';
import type { Redis } from 'ioredis';
import { queueName } from './names.ts';

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

/** Two round trips, whatever lies in the queues. */
export async function readBacklog(redis: Redis, prefix: string, now = Date.now()): Promise<Backlog> {
  const counts = redis.pipeline();
  for (const step of STEPS) {
    const key = `${prefix}:${queueName(step)}`;
    counts.llen(`${key}:wait`).llen(`${key}:active`).zcard(`${key}:delayed`).zcard(`${key}:failed`);
    counts.zcard(`${key}:waiting-children`).lindex(`${key}:wait`, -1);
  }
  const answers = valuesOf(await counts.exec());
  const times = redis.pipeline();
  STEPS.forEach((step, at) =>
    times.hget(`${prefix}:${queueName(step)}:${String(answers[at * COUNTED + 5] ?? '')}`, 'timestamp'),
  );
  const since = valuesOf(await times.exec());
  const number = (at: number): number => Number(answers[at] ?? 0);
  const depths = STEPS.map((step, index): [StepName, Depth] => {
    const at = index * COUNTED;
    const oldestMs = since[index] === null ? 0 : Math.max(0, now - Number(since[index]));
    return [
      step,
      {
        waiting: number(at),
        active: number(at + 1),
        delayed: number(at + 2),
        failed: number(at + 3),
        waitingForChildren: number(at + 4),
        oldestMs,
      },
    ];
  });
  // One entry for every step was just made.
  return Object.fromEntries(depths) as Record<StepName, Depth>;
}

function valuesOf(replies: [Error | null, unknown][] | null): unknown[] {
  return (replies ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}
