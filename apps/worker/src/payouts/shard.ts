import { randomBytes } from 'node:crypto';
import { buildPain001, invalidPayout, readTransfer, totalCents, type Transfer } from '@countersign/providers';
import type { Shard, WaitingPayout } from '@countersign/store';
import type { Held } from './hold.ts';
import { move, refused } from './move.ts';
import type { Office } from './office.ts';
import { remindConclude, send, writeBack } from './send.ts';

/** Seed 000: so many payouts go into one file. */
const MOST_IN_A_FILE = 100;

/**
 * One round of a shard: what is begun is finished first, under its stored key; then what waits is frozen into a file and
 * sent. Returns whether there may be more to do at once.
 */
export async function round(office: Office, held: Held, shard: Shard): Promise<boolean> {
  const { payouts } = office.store;
  const unwritten = await payouts.unwritten(shard);
  for (const batch of unwritten) await writeBack(office, batch);
  const due = await payouts.due(shard);
  if (due) {
    await send(office, held, due);
    return true;
  }
  if (held.remainingMs() <= 0) return false;
  const frozen = await freeze(office, held, shard);
  if (frozen === 'nothing') return unwritten.length > 0;
  const batch = frozen === 'refused' ? undefined : await payouts.due(shard);
  if (batch) await send(office, held, batch);
  return true;
}

/** Puts up to 100 waiting payouts of one currency into a file and keeps it, bytes and all, before anybody hears of it. */
async function freeze(office: Office, held: Held, shard: Shard): Promise<'frozen' | 'refused' | 'nothing'> {
  const { store, debtor } = office;
  const waiting = await store.payouts.waiting(shard, MOST_IN_A_FILE);
  if (waiting.length === 0) return 'nothing';
  const { fit, unfit } = await read(office, waiting);
  for (const { id, reason } of unfit) {
    // One that would make the whole file invalid is refused alone; the rest goes.
    await move(office, id, refused(invalidPayout(reason)));
    await store.payouts.refuse(id);
  }
  await remindConclude(
    office,
    unfit.map(({ id }) => id),
  );
  const chosen = choose(fit);
  if (chosen.length === 0) return unfit.length > 0 ? 'refused' : 'nothing';
  const transfers = chosen.map(({ transfer }) => transfer);
  const msgId = randomBytes(16).toString('hex');
  const isFrozen = await store.payouts.freeze(held.lease(), {
    id: msgId,
    bytes: buildPain001({ msgId, createdAtMs: Date.now(), debtor, transfers }),
    payouts: chosen.map(({ id }) => id),
    cents: totalCents(transfers),
    currency: transfers[0]?.currency ?? '',
  });
  return isFrozen ? 'frozen' : 'nothing';
}

interface Fit {
  readonly id: string;
  readonly most: number;
  readonly transfer: Transfer;
}

/** The oldest and what may go with it: one currency, and no more than each of them bears (fewer after a refused file). */
export function choose(fit: readonly Fit[]): readonly Fit[] {
  const currency = fit[0]?.transfer.currency;
  const chosen: Fit[] = [];
  let most = MOST_IN_A_FILE;
  for (const one of fit) {
    if (one.transfer.currency !== currency) continue;
    if (chosen.length + 1 > Math.min(most, one.most)) continue;
    most = Math.min(most, one.most);
    chosen.push(one);
  }
  return chosen;
}

async function read(office: Office, waiting: readonly WaitingPayout[]) {
  const fit: Fit[] = [];
  const unfit: { id: string; reason: string }[] = [];
  const loaded = await Promise.all(waiting.map(({ id }) => office.store.cellar.load(id)));
  waiting.forEach(({ id, most }, at) => {
    const submission = loaded[at];
    if (!submission) return;
    const transfer = readTransfer(id, submission.body);
    if (typeof transfer === 'string') unfit.push({ id, reason: transfer });
    else fit.push({ id, most, transfer });
  });
  return { fit, unfit };
}
