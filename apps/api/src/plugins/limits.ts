import underPressure from '@fastify/under-pressure';
import type { Client } from '@countersign/store';
import type { FastifyInstance } from 'fastify';
import type { SharedCounter } from '../intake/shared-counter.ts';
import { Problem, unavailable } from '../problem.ts';

export interface LimitSettings {
  /** Of a client whose own limits say nothing else. */
  readonly ratePerSecond: number;
  /** Failed authentications per minute and address before 401 becomes 429. */
  readonly authFailuresPerMinute: number;
}

export interface Limits {
  /** Counts one request of a client. @throws Problem rate-limited. */
  readonly noteClient: (client: Client) => void;
  /** Counts one failed authentication. @throws Problem rate-limited. */
  readonly noteStranger: (address: string) => void;
}

/** A loop this far behind its timers answers nobody in time: better to turn some away at once. The mean of half a second. */
export const MAX_LOOP_DELAY_MS = 400;
const SAMPLE_EVERY_MS = 500;

/**
 * Whether the loop was late in the last two samples. One long pause is no reason to turn anybody away (a garbage collection, a
 * machine that did something else), and may be all there is in a sample: its mean is then the pause.
 */
export function lateTwice(maxMs: number) {
  let samples = 0;
  return {
    look: (sampleMs: number): void => void (samples = sampleMs > maxMs ? samples + 1 : 0),
    isLate: (): boolean => samples > 1,
  };
}

export async function addLoadShedding(app: FastifyInstance, maxLoopDelayMs = MAX_LOOP_DELAY_MS): Promise<void> {
  const { look, isLate } = lateTwice(maxLoopDelayMs);
  await app.register(underPressure, {
    maxEventLoopDelay: maxLoopDelayMs,
    sampleInterval: SAMPLE_EVERY_MS,
    pressureHandler: (request) => {
      // Health and metrics are what shows the trouble; they are cheap. A third party's webhook may come only once.
      if (!isLate() || /^\/(health|metrics|webhooks)/.test(request.url)) return;
      throw unavailable('More requests than this replica can handle; nothing was accepted');
    },
  });
  // In step with the plug-in's own timer, and right behind it: each sample is seen once.
  const timer = setInterval(() => look(app.memoryUsage().eventLoopDelay), SAMPLE_EVERY_MS).unref();
  app.addHook('onClose', (_app, done) => (clearInterval(timer), done()));
}

export function createLimits(counter: SharedCounter, settings: LimitSettings): Limits {
  return {
    noteClient(client) {
      const own = client.limits['ratePerSecond'];
      const limit = typeof own === 'number' ? own : settings.ratePerSecond;
      if (counter.count(`client:${client.id}`, 1_000) <= limit) return;
      throw new Problem('rate-limited', `More than ${limit} requests per second; nothing was accepted`, {
        headers: { 'retry-after': '1' },
      });
    },
    noteStranger(address) {
      if (counter.count(`stranger:${address}`, 60_000) <= settings.authFailuresPerMinute) return;
      const detail = `More than ${settings.authFailuresPerMinute} requests per minute without a valid key from ${address}`;
      throw new Problem('rate-limited', detail, { headers: { 'retry-after': '60' } });
    },
  };
}
