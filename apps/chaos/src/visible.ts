import type { Ledger, Op } from './ledger.ts';
import { finalOf } from './readings.ts';

/** What an operator could not see of an op that stands at UNRESOLVED: the resource must name the third party and what is unknown, and a dead letter the leg. */
export function hiddenOf(ledger: Ledger, op: Op): string | undefined {
  const final = finalOf(ledger, op);
  const { errorCode, errorProvider = '', errorMessage = '' } = final ?? {};
  if (!errorCode || errorProvider === '' || errorMessage === '')
    return `its error names ${errorCode || 'no code'}, ${errorProvider || 'no third party'}, ${errorMessage || 'no reason'}`;
  // A letter that was replayed comes back only when the leg is given up again.
  if (ledger.redrives.some((one) => one.op === op.n && one.step !== 'notify')) return undefined;
  const letters = ledger.letters.filter(
    ({ submissionId, step }) => submissionId === final?.submissionId && step !== 'notify',
  );
  if (letters.length === 0) return 'no dead letter tells an operator of it';
  // Where every leg has its end and the whole has none, the letter is the conclusion's, and its message tells of the legs.
  const vague = letters.find(
    ({ step, leg, provider, code, message }) =>
      (leg === null && step !== 'conclude') || provider === null || code === '' || message === '',
  );
  return vague && `its dead letter ${vague.id} does not say which leg and what`;
}
