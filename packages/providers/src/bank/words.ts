import type { Failure, Word } from '@countersign/flow';

export const BANK = 'bank';

/** A status with its reasons as a report gives them; `texts` are for people. */
export interface Said {
  readonly status: string;
  readonly codes: readonly string[];
  readonly texts: readonly string[];
}

const PAID = ['ACSC', 'ACCC'];
const REFUSED = ['RJCT', 'CANC', 'BLCK'];
/** "We have this already": said of a repeat, so it speaks of the original and never against it. */
const ALREADY_RECEIVED = ['DU01', 'DU02', 'DU03', 'DU04', 'DU05', 'AM05'];

/**
 * Their statuses → our words (third-parties.md 2.7). RJCT may still follow ACSP, so only ACSC, ACCC and the refusals
 * settle. A refusal as a duplicate is no refusal: the original's own report tells. An unknown status settles nothing.
 */
export function bankWord({ status, codes, texts }: Said): Word {
  const said = [status, ...codes].join(' ');
  if (PAID.includes(status)) return { type: 'done' };
  if (!REFUSED.includes(status)) return { type: 'pending', said };
  if (isDuplicate(codes)) return { type: 'pending', said: `${said}: already received` };
  const message = [`the bank answered ${said}`, ...texts].join(': ').slice(0, 300);
  return { type: 'refused', failure: { code: codes[0] ?? status, provider: BANK, message } };
}

/** No file can hold it: the door would refuse it today. */
export function invalidPayout(reason: string): Failure {
  return { code: 'INVALID_PAYOUT', provider: BANK, message: reason };
}

/** The bank refused the very call, with a file that held nothing else. */
export function fileRefused(reason: string): Failure {
  return { code: 'REJECTED', provider: BANK, message: `the bank refused the file: ${reason}` };
}

/** The money of a payout the bank had paid is on our account again. */
export function moneyBack(message: string): Failure {
  return { code: 'RETURNED', provider: BANK, message: message.slice(0, 300) };
}

export function isDuplicate(codes: readonly string[]): boolean {
  return codes.some((code) => ALREADY_RECEIVED.includes(code));
}

/** `EndToEndId` of a payout: its submission's id without dashes (32 of the 35 allowed). */
export function endToEndId(submissionId: string): string {
  return submissionId.replaceAll('-', '');
}

/** The submission an `EndToEndId` may name; undefined when it is not of ours. */
export function submissionOf(endToEnd: string): string | undefined {
  return /^[0-9a-f]{32}$/i.test(endToEnd)
    ? endToEnd.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    : undefined;
}
