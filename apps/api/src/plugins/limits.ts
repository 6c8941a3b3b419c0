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

/**
 * A loop this far behind its timers answers nobody in time: better to turn some away at once. The mean of half a second,
 * so that one long garbage collection is no reason.
 */
export const MAX_LOOP_DELAY_MS = 400;
const SAMPLE_EVERY_MS = 500;

export async function addLoadShedding(app: FastifyInstance, maxLoopDelayMs = MAX_LOOP_DELAY_MS): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopDelay: maxLoopDelayMs,
    sampleInterval: SAMPLE_EVERY_MS,
    pressureHandler: (request) => {
      // Health and metrics are what shows the trouble; they are cheap.
      if (/^\/(health|metrics)/.test(request.url)) return;
      throw unavailable('More requests than this replica can handle; nothing was accepted');
    },
  });
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
