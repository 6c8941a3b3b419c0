import { bankWord, endToEndId, isDuplicate, submissionOf, type BankReport, type Said } from '@countersign/providers';
import type { BankMessage, Members } from '@countersign/store';
import { noted, NOTHING, said, together, type Reading } from './news.ts';
import type { Office } from './office.ts';

type Statuses = Extract<BankReport, { type: 'statuses' }>;

/** A pain.002: of which file, and what it says of each of its payouts. */
export async function readStatuses(office: Office, message: BankMessage, report: Statuses): Promise<Reading> {
  const file = await fileOf(office, message, report);
  if (!file) return noted(`a report for ${report.originalMsgId ?? 'no MsgId'}, which is no file of ours`);
  // Whatever it says, the bank has the file: it need not be sent again. A repeat's rejection does not name the original's request.
  const isRepeat = report.group !== undefined && isDuplicate(report.group.codes);
  await office.store.payouts.initiated(file.batchId, isRepeat ? null : message.requestId);
  if (report.payments.length === 0) return ofGroup(file, report.group);
  const members = new Map(file.payouts.map((id) => [endToEndId(id), id]));
  const ofPayments = report.payments.map(({ endToEndId: reference, said: status }) => {
    const id = members.get(reference.toLowerCase());
    if (id !== undefined) return said(id, bankWord(status));
    return noted(`payment ${reference.slice(0, 40)}, which is not in file ${file.batchId}`);
  });
  return together(ofPayments);
}

/** Which file of ours a report speaks of: by its MsgId, by the request it answers, or by a payment in it. */
async function fileOf({ store }: Office, message: BankMessage, report: Statuses): Promise<Members | undefined> {
  const { originalMsgId } = report;
  const named =
    originalMsgId === undefined ? undefined : await store.payouts.members({ batchId: originalMsgId.toLowerCase() });
  if (named) return named;
  const answered =
    message.requestId === null ? undefined : await store.payouts.members({ requestId: message.requestId });
  if (answered || originalMsgId !== undefined) return answered;
  const ids = report.payments.map((payment) => submissionOf(payment.endToEndId)).filter((id) => id !== undefined);
  const [batchId] = (await store.payouts.fileOf(ids)).values();
  return batchId === undefined ? undefined : await store.payouts.members({ batchId });
}

/** Without a word on any payment the file's own status holds for all of them; PART says nothing of any. */
function ofGroup(file: Members, group: Said | undefined): Reading {
  if (group === undefined || group.status === 'PART') return NOTHING;
  return together(file.payouts.map((id) => said(id, bankWord(group))));
}
