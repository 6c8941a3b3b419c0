import type { Answer, Provider } from '@countersign/flow';
import type { Neighbour } from '../neighbour.ts';
import type { ProviderSettings } from '../settings.ts';
import { BANK } from './words.ts';

/**
 * The bank as a visit sees it. It is told in batches by the shard loop and answers by messages, so there is nothing to look
 * at here: the one look comes when `POLL_MAX_AGE_MS` is over since the bank took the file, and calls the payout UNRESOLVED.
 */
function bank({ poll, retry, timeoutMs }: ProviderSettings): Provider {
  const { maxAgeMs } = poll;
  return {
    name: BANK,
    retry,
    poll: { firstMs: maxAgeMs, secondMs: maxAgeMs, maxDelayMs: maxAgeMs, maxAgeMs },
    timeoutMs,
    look: () => Promise.resolve(nothing()),
    tell: () => Promise.resolve(nothing()),
  };
}

function nothing(): Answer {
  const reason = 'the bank tells by messages only, and sent none';
  return { type: 'unclear', effect: 'none', reason, evidence: { requestId: '-', durationMs: 0 } };
}

export const bankNeighbour: Neighbour = { name: BANK, create: bank };
