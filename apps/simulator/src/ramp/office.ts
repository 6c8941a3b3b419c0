import type { Page } from '../desk/books.ts';
import type { Desk } from '../desk/desk.ts';
import type { Life } from '../desk/life.ts';
import { give, json, type Reply } from '../desk/play.ts';
import type { Note } from '../desk/watch.ts';
import { header } from '../http.ts';
import type { Call } from '../party.ts';
import type { KeyPair } from '../key-pair.ts';
import type { Keys } from './idempotency.ts';
import type { Quotes } from './quotes.ts';
import type { Kept, Transfer } from './transfer.ts';

/** What the ramp's routes work with. */
export interface Office {
  readonly desk: Desk<Kept, Life>;
  readonly keys: Keys;
  readonly quotes: Quotes;
  readonly apiKey: string;
  /** Both ramps sign with one key. It is made when somebody wants it: most tests do not. */
  readonly pair: () => KeyPair;
  /** Every transfer by its own id, with the page of its reference. */
  readonly transfers: Map<string, { transfer: Transfer; page: Page<Kept> }>;
  webhookUrl: string | null;
  sequence: number;
}

/** Bridge's error body. */
export const refusal = (status: number, code: string, message = code): Reply => json(status, { code, message });

/** Outage, silence and key first; true: it has been answered. */
export function turnedAway({ desk, apiKey }: Office, call: Call, note: Note, page: Page<Kept> | null): boolean {
  const down = desk.outages.meet(call);
  if (down) note(down.outcome, down.retryAfterSeconds);
  else if (call.method === 'GET' && page?.deaf) note('silence');
  else if (header(call.request, 'api-key') !== apiKey)
    give(call, note, refusal(401, 'not_allowed', 'Api-Key: wrong or missing'));
  else if (call.method !== 'POST' && header(call.request, 'idempotency-key') !== null) {
    give(call, note, refusal(400, 'bad_request', 'Idempotency-Key: only a POST carries one'));
  } else return false;
  return true;
}
