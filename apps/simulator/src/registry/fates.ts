import type { Random } from '../random.ts';
import type { Course, GivenParams, Params } from './course.ts';
import { originalCourse } from './original.ts';

/** What can happen to a transaction here, with the cents of an amount that make it happen in the profile `calm`. */
export interface Fate {
  readonly cents: number | null;
  /** What a person sees, in one line. */
  readonly does: string;
  readonly params: GivenParams;
  readonly course: (params: Params, random: Random) => Partial<Course>;
}

const fate = (cents: number | null, does: string, params: GivenParams, course: Fate['course']): Fate => {
  return { cents, does, params, course };
};
const fixed = (status: number, body: string, p: Params, headers?: Record<string, string>): Course['answer'] => {
  return { how: 'fixed', afterMs: p.answerMs, status, body, ...(headers ? { headers } : {}) };
};
const error = (message: string): string => JSON.stringify({ error: message });
/** Answered with `pending`, ends after `settleMs`. */
const later = (p: Params): Partial<Course> => ({ first: 'pending', settleMs: p.settleMs });
const nothing: Partial<Course> = { effectMs: null };
const once: GivenParams = { tries: 1 };

const endings = {
  completed: fate(1, 'answers completed at once; what every amount without a fate gets', {}, () => ({})),
  declined: fate(2, 'answers declined at once', { end: 'declined' }, () => ({})),
  'pending-completed': fate(3, 'pending, completed after settleMs, with a webhook', {}, (p) => ({
    ...later(p),
    webhooks: [{ afterMs: p.settleMs, status: 'now' }],
  })),
  'pending-declined': fate(4, 'pending, declined after settleMs, with a webhook', { end: 'declined' }, (p) => ({
    ...later(p),
    webhooks: [{ afterMs: p.settleMs, status: 'now' }],
  })),
  'poll-only': fate(7, 'pending, completed after settleMs, no webhook ever', {}, later),
  'pending-for-ever': fate(35, 'pending, and that is all', {}, () => ({ first: 'pending', settleMs: Infinity })),
  'unknown-status': fate(41, 'answers a status nobody knows, completed after settleMs', {}, (p) => ({
    ...later(p),
    first: 'in_clearing',
  })),
} as const;

const webhooks = {
  'webhook-only': fate(5, 'GET says pending for ever; the webhook after webhookMs tells the end', {}, (p) => ({
    ...later({ ...p, settleMs: p.webhookMs }),
    webhooks: [{ afterMs: p.webhookMs, status: 'now' }],
    looks: ['pending'],
  })),
  'webhook-only-absent': fate(6, 'GET says 404 for ever; the webhook after webhookMs tells the end', {}, (p) => ({
    ...later({ ...p, settleMs: p.webhookMs }),
    webhooks: [{ afterMs: p.webhookMs, status: 'now' }],
    looks: 'absent',
  })),
  'webhook-twice': fate(8, 'pending, completed after settleMs, the same webhook twice', {}, (p) => ({
    ...later(p),
    webhooks: [
      { afterMs: p.settleMs, status: 'now' },
      { afterMs: p.settleMs, status: 'now' },
    ],
  })),
  'webhook-out-of-order': fate(11, 'webhook completed after settleMs, webhook pending after webhookMs', {}, (p) => ({
    ...later(p),
    webhooks: [
      { afterMs: p.settleMs, status: 'now' },
      { afterMs: Math.max(p.webhookMs, p.settleMs) + 1, status: 'pending' },
    ],
  })),
  'webhook-first': fate(12, 'the webhook is sent, and answered, before the POST is', {}, (p) => ({
    answer: { how: 'record', afterMs: p.answerMs, afterWebhooks: true },
    webhooks: [{ afterMs: 0, status: 'now' }],
  })),
  'webhook-late': fate(13, 'answers completed at once, webhook after webhookMs', { webhookMs: 5_000 }, (p) => ({
    webhooks: [{ afterMs: p.webhookMs, status: 'now' }],
  })),
  'webhook-contradicting': fate(14, 'answers completed; a webhook after webhookMs says declined', {}, (p) => ({
    webhooks: [{ afterMs: p.webhookMs, status: 'declined' }],
  })),
  'webhook-forged': fate(15, 'a webhook with a made-up token says declined; completed after settleMs', {}, (p) => ({
    ...later(p),
    webhooks: [{ afterMs: p.settleMs / 2, status: 'declined', forged: true }],
  })),
  contradictory: fate(36, 'POST answers pending, GET completed, the webhook after webhookMs declined', {}, (p) => ({
    answer: { how: 'record', afterMs: p.answerMs, word: 'pending' },
    webhooks: [{ afterMs: p.webhookMs, status: 'declined' }],
  })),
  flapping: fate(42, 'GET says pending, completed, declined, and round again', {}, (p) => ({
    ...later(p),
    looks: ['pending', 'completed', 'declined'],
  })),
} as const;

const unknowns = {
  '504-kept': fate(21, '504, and it is in the books; no webhook', once, (p) => ({ answer: fixed(504, 'Timeout', p) })),
  '504-kept-late': fate(22, '504, and it shows up in the books after lateMs; no webhook', once, (p) => ({
    effectMs: p.lateMs,
    answer: fixed(504, 'Timeout', p),
  })),
  '504-lost': fate(23, '504 and nothing kept; the next try is served', once, (p) => ({
    ...nothing,
    answer: fixed(504, 'Timeout', p),
  })),
  '504-always': fate(45, '504 and nothing kept, every time', {}, (p) => ({
    ...nothing,
    answer: fixed(504, 'Timeout', p),
  })),
  'silent-kept': fate(24, 'the POST is never answered, and it is in the books', once, () => ({
    answer: { how: 'silence' },
  })),
  'silent-lost': fate(26, 'the POST is never answered and nothing kept; the next try is served', once, () => ({
    ...nothing,
    answer: { how: 'silence' },
  })),
  'reset-before': fate(27, 'connection reset, nothing kept; the next try is served', once, (p) => ({
    ...nothing,
    answer: { how: 'reset', afterMs: p.answerMs },
  })),
  'reset-after': fate(28, 'connection reset, and it is in the books', once, (p) => ({
    answer: { how: 'reset', afterMs: p.answerMs },
  })),
  'never-answers': fate(29, 'neither POST nor, from then on, GET is ever answered', {}, () => ({
    ...nothing,
    answer: { how: 'silence' },
    looks: 'silence',
  })),
} as const;

const troubles = {
  'busy-429': fate(31, '429 with Retry-After for the first tries, then served', { tries: 2 }, (p) => ({
    ...nothing,
    answer: fixed(429, error('too many requests'), p, { 'retry-after': String(p.retryAfterSeconds) }),
  })),
  'burst-500': fate(32, '500 for the first tries, then served', { tries: 2 }, (p) => ({
    ...nothing,
    answer: fixed(500, error('unplanned failure'), p),
  })),
  'burst-503': fate(33, '503 with Retry-After for the first tries, then served', { tries: 2 }, (p) => ({
    ...nothing,
    answer: fixed(503, error('unavailable'), p, { 'retry-after': String(p.retryAfterSeconds) }),
  })),
  refused: fate(34, 'a 4xx (httpStatus) refusal, every time', {}, (p) => ({
    ...nothing,
    answer: fixed(p.httpStatus, error('not a transaction we take'), p),
  })),
  huge: fate(37, 'in the books, the answer is `bytes` long', once, (p) => ({
    answer: { how: 'huge', bytes: p.bytes },
  })),
  drip: fate(38, 'in the books, the answer comes one byte per dripMs', once, (p) => ({
    answer: { how: 'drip', everyMs: p.dripMs },
  })),
  malformed: fate(39, 'in the books, the answer is half a JSON document', once, (p) => ({
    answer: fixed(200, '{"id":"', p, { 'content-type': 'application/json' }),
  })),
  redirect: fate(44, 'nothing kept, the answer is a redirect', {}, (p) => ({
    ...nothing,
    answer: fixed(307, '', p, { location: 'http://169.254.169.254/transaction' }),
  })),
  original: fate(null, "the original third party's dice, drawn anew at every POST", {}, originalCourse),
} as const;

/** Every fate by name. */
export const fates = { ...endings, ...webhooks, ...unknowns, ...troubles } as const;
export type FateName = keyof typeof fates;
// Object.keys gives strings; these are the keys just written.
export const fateNames = Object.keys(fates) as [FateName, ...FateName[]];
