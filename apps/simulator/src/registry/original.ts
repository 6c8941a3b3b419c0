import { between, type Random } from '../random.ts';
import type { Course } from './course.ts';

/**
 * The third party of seed 001: answers after 200 ms to 10 s in final status (1/3 declined), `pending` to a GET until
 * then; 80 % get a webhook after 10 to 30 s. One POST in ten gets a 504 after 30 s, and half of those are in the books
 * all the same 30 to 120 s after the request, in final status and without a webhook.
 */
export function originalCourse(_params: unknown, random: Random): Course {
  const end = drawEnd(random);
  if (random() < 0.1) {
    const kept = random() < 0.5;
    return {
      effectMs: kept ? between(random, 30_000, 120_000) : null,
      first: end,
      end,
      settleMs: 0,
      answer: { how: 'fixed', afterMs: 30_000, status: 504, body: 'Timeout' },
      webhooks: [],
      looks: 'truth',
    };
  }
  const answerMs = between(random, 200, 10_000);
  const heard = random() < 0.8;
  return {
    effectMs: 0,
    first: 'pending',
    end,
    settleMs: answerMs,
    answer: { how: 'record', afterMs: answerMs, withWebhookUrl: true },
    webhooks: heard ? [{ afterMs: between(random, 10_000, 30_000), status: 'now' }] : [],
    looks: 'truth',
  };
}

/** Declined one time in three. Also what a POST gets that overwrites a record. */
export function drawEnd(random: Random): 'completed' | 'declined' {
  return random() < 1 / 3 ? 'declined' : 'completed';
}
