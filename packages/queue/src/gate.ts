import { withDeadline } from '@countersign/process';
import type { Redis } from 'ioredis';
import { openBull, type Bull } from './bull.ts';
import { QueueAway } from './redis.ts';

/** Nobody waits longer than this for Redis. */
const PATIENCE_MS = 1_000;

interface GateOptions {
  readonly prefix: string;
  readonly onError: (error: unknown) => void;
  readonly patienceMs?: number | undefined;
}

/** BullMQ behind a gate: work is done now, or refused now. */
export function openGate(redis: Redis, { prefix, onError, patienceMs = PATIENCE_MS }: GateOptions) {
  let opening: Promise<Bull> | undefined;
  const open = (): Promise<Bull> => {
    opening ??= openBull(redis, prefix, onError).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const now = async <T>(work: (bull: Bull) => Promise<T>): Promise<T> => {
    if (redis.status !== 'ready') throw new QueueAway('Redis is away; nothing was added');
    try {
      return await withDeadline(patienceMs, async () => await work(await open()));
    } catch (cause) {
      throw new QueueAway(`Redis did not take it: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  };
  const close = async (): Promise<void> => {
    await (await opening?.catch(() => undefined))?.close();
    redis.disconnect();
  };
  return { now, open, close };
}
