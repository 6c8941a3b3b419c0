import { TIME_SCALE } from '../settings.ts';
import type { Fate } from './kind.ts';

interface RegistryFate extends Fate {
  /** Three letters the registry chooses the fate by. */
  readonly currency: string;
  /** In this campaign's milliseconds. */
  readonly params?: Readonly<Record<string, number>>;
}

/**
 * The simulator's fates, how often each is drawn, and how far the books alone decide the end. Those with a Retry-After are
 * rare: the product stops calling that third party altogether for as long.
 * What `ends` means: `Ends`.
 */
export const FATES: Readonly<Record<string, RegistryFate>> = {
  completed: { currency: 'AAA', weight: 30, ends: 'by the books' },
  declined: { currency: 'AAB', weight: 6, ends: 'by the books' },
  'pending-completed': { currency: 'AAC', weight: 4, ends: 'by the books', params: { settleMs: 600 } },
  'pending-declined': { currency: 'AAD', weight: 3, ends: 'by the books', params: { settleMs: 600 } },
  'poll-only': { currency: 'AAE', weight: 3, ends: 'by the books', params: { settleMs: 800 } },
  'pending-for-ever': { currency: 'AAF', weight: 1, ends: 'maybe never' },
  'unknown-status': { currency: 'AAG', weight: 2, ends: 'by the books', params: { settleMs: 600 } },
  'webhook-only': { currency: 'AAH', weight: 3, ends: 'by a webhook', params: { webhookMs: 500 } },
  'webhook-only-absent': { currency: 'AAI', weight: 2, ends: 'by a webhook', params: { webhookMs: 500 } },
  'webhook-twice': { currency: 'AAJ', weight: 2, ends: 'by the books', params: { settleMs: 500 } },
  'webhook-out-of-order': {
    currency: 'AAK',
    weight: 2,
    ends: 'by the books',
    params: { settleMs: 400, webhookMs: 600 },
  },
  'webhook-first': { currency: 'AAL', weight: 4, ends: 'by the books' },
  'webhook-late': { currency: 'AAM', weight: 3, ends: 'by the books', params: { webhookMs: 2_000 } },
  'webhook-contradicting': { currency: 'AAN', weight: 2, ends: 'either', params: { webhookMs: 500 } },
  'webhook-forged': { currency: 'AAO', weight: 3, ends: 'by the books', params: { settleMs: 800 } },
  contradictory: { currency: 'AAP', weight: 2, ends: 'either', params: { webhookMs: 300 } },
  flapping: { currency: 'AAQ', weight: 2, ends: 'either', params: { settleMs: 300 } },
  '504-kept': { currency: 'AAR', weight: 3, ends: 'by the books' },
  '504-kept-late': { currency: 'AAS', weight: 6, ends: 'by the books', params: { lateMs: 2_500 } },
  '504-lost': { currency: 'AAT', weight: 4, ends: 'by the books' },
  '504-always': { currency: 'AAU', weight: 1, ends: 'by the books' },
  'silent-kept': { currency: 'AAV', weight: 2, ends: 'by the books' },
  'silent-lost': { currency: 'AAW', weight: 2, ends: 'by the books' },
  'reset-before': { currency: 'AAX', weight: 2, ends: 'by the books' },
  'reset-after': { currency: 'AAY', weight: 3, ends: 'by the books' },
  'never-answers': { currency: 'AAZ', weight: 1, ends: 'maybe never' },
  'busy-429': { currency: 'ABA', weight: 1, ends: 'by the books', params: { tries: 1 } },
  'burst-500': { currency: 'ABB', weight: 2, ends: 'by the books' },
  'burst-503': { currency: 'ABC', weight: 1, ends: 'by the books', params: { tries: 1 } },
  refused: { currency: 'ABD', weight: 3, ends: 'by the books' },
  huge: { currency: 'ABE', weight: 1, ends: 'by the books' },
  drip: { currency: 'ABF', weight: 1, ends: 'by the books', params: { dripMs: 100 } },
  malformed: { currency: 'ABG', weight: 2, ends: 'by the books' },
  redirect: { currency: 'ABH', weight: 1, ends: 'by the books' },
  original: { currency: 'ABI', weight: 10, ends: 'by the books' },
};

/** The rules that make the registry choose its fates by currency, with delays in its own, unscaled time. */
export function fateRules(): object[] {
  return Object.entries(FATES).map(([fate, { currency, params = {} }]) => ({
    match: { currency },
    fate,
    params: Object.fromEntries(
      Object.entries(params).map(([name, value]) => [name, name.endsWith('Ms') ? value / TIME_SCALE : value]),
    ),
  }));
}
