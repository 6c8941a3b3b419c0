import type { Place } from './gallows.ts';
import type { PayoutLane } from './payout-lane.ts';

/** `what` and `text` as in `Place`. */
type Meets = (what: string, text: string, lane: PayoutLane) => boolean;
const statement =
  (name: string): Meets =>
  (what) =>
    what === name;
const payment: Meets = (what) => what === 'POST /bank/payment';
const kept: Meets = (what, text) => what === 'bank-keep' && !text.includes('HEARTBEAT');
const ended: Meets = (_what, text) => text.includes('update bank_message set status');
const removed: Meets = (what, _text, lane) => what.startsWith('DELETE /bank/messages/') && lane.isReport(what);

/** Where a payer dies: every step of a payout's walk that reaches the outside. */
export const PLACES: Readonly<Record<string, readonly [Place['side'], Meets]>> = {
  'before the freeze': ['before', statement('batch-freeze')],
  'in the freeze': ['in', statement('batch-freeze')],
  'after the freeze': ['after', statement('batch-freeze')],
  'before the try is counted': ['before', statement('batch-begin')],
  'after the try is counted': ['after', statement('batch-begin')],
  'payment sent, not yet at the bank': ['before', payment],
  'in the middle of the payment, before its 202': ['in', payment],
  '202 sent, unread': ['after', payment],
  'before the write-back': ['before', statement('batch-initiated')],
  'in the write-back': ['in', statement('batch-initiated')],
  'after the write-back': ['after', statement('batch-initiated')],
  'a message read, not kept': ['before', kept],
  'kept, its words not applied': ['before', statement('webhook-keep')],
  'applied, not committed as read': ['before', ended],
  'between commit and DELETE': ['before', removed],
  'in the middle of the DELETE': ['in', removed],
  'DELETE answered, unread': ['after', removed],
};
/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
