import { createHash } from 'node:crypto';
import {
  iso,
  registrationOf,
  type Afterword,
  type Leg,
  type Registration,
  type Submission,
  type Verdict,
  type Word,
} from '@countersign/flow';
import { offRampNeighbour, onRampNeighbour, RAMP_LEGS, type RampLeg } from '@countersign/providers';
import type { KindPlan } from '../contract.ts';

/**
 * Fiat → stablecoin → fiat, one leg after the other. Money is never left half way: both legs, or none, or the on-ramp and
 * its reverse; where that cannot be had or known, UNRESOLVED, and a person decides.
 */
export const plan: KindPlan = {
  kind: 'payment',
  path: 'payments',
  legs,
  conclude,
  afterword,
  neighbours: [onRampNeighbour, offRampNeighbour],
};

/** The off-ramp opens when the on-ramp is done, the reverse when the off-ramp has refused what the on-ramp did. */
function legs(submission: Submission): readonly Leg[] {
  const open = [legOf(submission, 'on')];
  if (standing(submission, 'on') !== 'DONE') return open;
  open.push(legOf(submission, 'off'));
  if (standing(submission, 'off') === 'REFUSED') open.push(legOf(submission, 'reverse'));
  return open;
}

function legOf(submission: Submission, leg: RampLeg): Leg {
  return { leg, provider: RAMP_LEGS[leg], idempotencyKey: rampKey(submission.id, leg) };
}

/** A UUID (version 8: made by a rule of ours) out of `<payment>:<leg>`: the same for ever, another for every leg. */
export function rampKey(submissionId: string, leg: RampLeg): string {
  const hex = createHash('sha256').update(`${submissionId}:${leg}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function conclude(submission: Submission): Verdict | undefined {
  const verdict = endOf(submission);
  return verdict && { ...verdict, reason: idsOf(submission), ...lettersOf(submission) };
}

/** Where the money was: for whoever reads the timeline, whatever the end. */
function idsOf(submission: Submission): string {
  const open = Object.keys(RAMP_LEGS).flatMap((leg) => registrationOf(submission, leg) ?? []);
  return open.map(({ leg, reference }) => `${leg}: ${reference ?? 'none'}`).join(', ');
}

/** A leg that was told as often as it may be, in vain, is a dead letter also where its books have made the end certain. */
function lettersOf({ registrations }: Submission): Pick<Verdict, 'letters'> {
  const vain = registrations.filter((row) => row.failure?.code === 'NOT_REGISTERED');
  if (vain.length === 0) return {};
  const letter = ({ leg, provider, failure }: Registration) => {
    return {
      step: 'register',
      leg,
      provider,
      code: 'NOT_REGISTERED',
      message: failure?.message ?? 'never acknowledged',
    };
  };
  return { letters: vain.map(letter) };
}

function endOf(submission: Submission): Verdict | undefined {
  const on = registrationOf(submission, 'on');
  if (on?.status === 'REFUSED') return failed(on.failure);
  if (on?.status === 'UNRESOLVED') return unresolved(on.failure);
  const off = registrationOf(submission, 'off');
  if (off?.status === 'DONE') return { status: 'COMPLETED', facts: { processedAt: iso(off.updatedAt) } };
  if (off?.status === 'UNRESOLVED') return unresolved(off.failure);
  return off?.status === 'REFUSED' ? concludeReversed(submission) : undefined;
}

/** The reason of the end is the off-ramp's; the reverse only says whether the client has the money back. */
function concludeReversed(submission: Submission): Verdict | undefined {
  const reason = registrationOf(submission, 'off')?.failure ?? null;
  const reverse = registrationOf(submission, 'reverse');
  if (reverse?.status === 'DONE') return failed(reason);
  if (reverse?.status === 'UNRESOLVED' || reverse?.status === 'REFUSED') {
    const said = reverse.failure?.message ?? 'the on-ramp said no';
    const message = `the off-ramp refused (${reason?.code ?? 'REFUSED'}) and the reverse failed: ${said}`;
    return unresolved({ code: 'COMPENSATION_FAILED', provider: reverse.provider, message });
  }
  return undefined;
}

function failed(failure: Verdict['failure'] | null): Verdict {
  return { status: 'FAILED', failure: failure ?? { code: 'REFUSED', message: 'the transfer was refused' } };
}

function unresolved(failure: Verdict['failure'] | null): Verdict {
  return failure ? { status: 'UNRESOLVED', failure } : { status: 'UNRESOLVED' };
}

const GIVEN_BACK = new Set(['RETURNED', 'REFUNDED']);

/** The payee's bank sent a completed payout back: noted and told once, while COMPLETED stays what it is. */
function afterword(submission: Submission, leg: string, word: Word): Afterword | undefined {
  if (leg !== 'off' || standing(submission, 'off') !== 'DONE' || submission.facts['returned'] !== undefined)
    return undefined;
  if ((word.type !== 'stuck' && word.type !== 'refused') || !GIVEN_BACK.has(word.failure.code)) return undefined;
  const { code, message } = word.failure;
  return { callback: 'returned', facts: { returned: { code, message } } };
}

function standing(submission: Submission, leg: RampLeg): string | undefined {
  return registrationOf(submission, leg)?.status;
}
