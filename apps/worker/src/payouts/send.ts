import { setTimeout as sleep } from 'node:timers/promises';
import { BANK, fileRefused, type Initiation } from '@countersign/providers';
import type { Batch, Try } from '@countersign/store';
import type { Held } from './hold.ts';
import { begins, move, refused, told, unclear } from './move.ts';
import type { Office } from './office.ts';

/** A longer gap between the fenced write and the call means that we were stopped: the call is not made. */
const SEND_WITHIN_MS = 2_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 300_000;

/**
 * One round of tries for a frozen file, always the same bytes under the same key, for `retryWindowMs` at most. Each try is
 * counted by a write that holds only while the lease does; its outcome is written before anything else happens.
 */
export async function send(office: Office, held: Held, batch: Batch): Promise<void> {
  const { store, settings, log } = office;
  const round = batch.attempts + 1;
  await Promise.all(batch.payouts.map((id) => move(office, id, begins(batch, round))));
  const startedMs = performance.now();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    const tried = await tryOnce(office, held, batch);
    if (!tried) return;
    const { answer, attempt } = tried;
    if (answer.type === 'taken') return await taken(office, batch, answer.messageRequestId);
    if (answer.type === 'refused' && !attempt.ambiguous) {
      if (await store.payouts.breakUp(batch.id, attempt.attempt, answer.reason))
        log.warn(
          { batch: batch.id, reason: answer.reason },
          'the bank refuses this file: its payouts go on in smaller ones',
        );
      return;
    }
    if (answer.type === 'forbidden') office.doubt(answer.reason);
    const leftMs = settings.retryWindowMs - (performance.now() - startedMs);
    const waitMs = Math.max(pauseMs, answer.type === 'unclear' ? answer.retryAfterMs : 0);
    if (answer.type !== 'unclear' || waitMs > leftMs || waitMs > held.remainingMs() || held.isClosing()) {
      const reason = answer.reason;
      const laterMs = Math.min(LONGEST_PAUSE_MS, Math.max(settings.idleMs * 2 ** Math.min(batch.attempts, 20), waitMs));
      log.warn(
        { batch: batch.id, reason, laterMs },
        'the bank did not take a file; it is sent again under the same key',
      );
      await store.payouts.later(batch.id, attempt.attempt, laterMs, reason);
      const durationMs = Math.round(performance.now() - startedMs);
      await Promise.all(batch.payouts.map((id) => move(office, id, unclear(batch, round, reason, durationMs))));
      return;
    }
    await sleep(waitMs, undefined, { signal: held.signal }).catch(() => undefined);
    if (held.signal.aborted) return;
  }
}

/** undefined: the lease is not ours any more, or too short for a call. */
async function tryOnce(
  { store, bank }: Office,
  held: Held,
  batch: Batch,
): Promise<{ readonly answer: Initiation; readonly attempt: Try } | undefined> {
  const askedMs = performance.now();
  const attempt = await store.payouts.begin(held.lease(), batch.id);
  if (!attempt) return undefined;
  const certain = async (): Promise<void> => {
    if (!attempt.ambiguous) await store.payouts.notSent(batch.id, attempt.attempt);
  };
  // After a pause (SIGSTOP, a starved machine) another may own the shard: the write above was then made in its past.
  if (performance.now() - askedMs > SEND_WITHIN_MS || held.remainingMs() <= 0) {
    await certain();
    return undefined;
  }
  const { id, bytes } = batch;
  const answer = await bank.initiate({
    id,
    bytes,
    timeoutMs: Math.ceil(held.remainingMs()),
    signal: held.signal,
    // Between here and the first byte stand the bank's limits and perhaps a new connection.
    isStillDue: () => held.remainingMs() > 0,
  });
  const isCertain = answer.type === 'forbidden' || (answer.type === 'unclear' && !answer.sent);
  if (isCertain) await certain();
  return { answer, attempt };
}

async function taken(office: Office, batch: Batch, messageRequestId: string | null): Promise<void> {
  const initiatedAt = await office.store.payouts.initiated(batch.id, messageRequestId);
  if (initiatedAt === undefined) return;
  await writeBack(office, { ...batch, status: 'INITIATED', messageRequestId, initiatedAt });
}

/** What became of a file is told to each of its payouts; a crash in between is made good by the next round. */
export async function writeBack(office: Office, batch: Batch): Promise<void> {
  const isTaken = batch.status === 'INITIATED';
  const decide = isTaken
    ? told(batch, office.settings.maxAgeMs)
    : refused(fileRefused(batch.lastError ?? 'no reason given'));
  await Promise.all(batch.payouts.map((id) => move(office, id, decide)));
  await office.store.payouts.writtenBack(batch.id);
  if (!isTaken) await remindConclude(office, batch.payouts);
}

export async function remindConclude(office: Office, ids: readonly string[]): Promise<void> {
  // Not the flow's root, which ended with its child: a visit of the leg finds the books to be closed.
  const tickets = ids.map((id) => ({ v: 1 as const, step: 'poll' as const, id, kind: 'payout', leg: BANK }));
  // The sweep does it in 15 s where Redis is away.
  await office.remind(tickets).catch(() => undefined);
}
