import { isFinal, isSettled, registrationOf } from '@countersign/flow';
import {
  BANK,
  decimalOf,
  moneyBack,
  readTransfer,
  submissionOf,
  type Booked,
  type Credit,
} from '@countersign/providers';
import { noted, said, together, type Reading } from './news.ts';
import type { Office } from './office.ts';

/** A booked debit with our reference: the bank paid, whatever its reports said so far. A credit may be money that came back. */
export async function readBooked(office: Office, { debits, credits, undone }: Booked): Promise<Reading> {
  const references = [...debits, ...undone, ...credits.map(({ endToEndId }) => endToEndId)];
  const files = await office.store.payouts.fileOf(references.map(submissionOf).filter((id) => id !== undefined));
  const ours = (reference: string): string[] => [submissionOf(reference) ?? ''].filter((id) => files.has(id));
  const paid = debits.flatMap(ours).map((id) => said(id, { type: 'done' }));
  const back = credits.flatMap((credit) => ours(credit.endToEndId).map((id) => readCredit(office, id, credit)));
  const taken = undone.flatMap(ours).map((id) => noted(`money of payout ${id} that had come back was taken again`));
  return together([...paid, ...(await Promise.all(back)), ...taken]);
}

/**
 * A return speaks of a payment that was made: where its own word is still to come, that is the first thing it says, and the
 * rest is told when the payout has its end, so that `completed` comes before `returned`.
 */
async function readCredit(office: Office, id: string, credit: Credit): Promise<Reading> {
  const submission = await office.store.cellar.load(id);
  const row = submission && registrationOf(submission, BANK);
  const what = `${credit.cents === undefined ? 'money' : decimalOf(credit.cents)} ${credit.currency ?? ''}`.trim();
  if (!row) return noted(`${what} with the reference of payout ${id}, which is not known here`);
  const transfer = readTransfer(id, submission.body);
  const isAll =
    typeof transfer === 'object' && transfer.cents === credit.cents && transfer.currency === credit.currency;
  // The payee knows the reference too: what is neither called a return nor all of it may be anything.
  if (!credit.isReturn && !isAll) return noted(`${what} with the reference of payout ${id} came in, and no word why`);
  if (!isSettled(row.status) || !isFinal(submission.status)) return { ...said(id, { type: 'done' }), isWhole: false };
  return said(id, { type: 'stuck', failure: moneyBack([`${what} came back`, ...credit.reasons].join(': ')) });
}
