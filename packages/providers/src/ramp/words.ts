import type { JsonObject, Word } from '@countersign/flow';
import { RAMP_LEGS, type RampLeg, type Transfer } from './transfer.ts';

const REFUSED = new Set(['refunded', 'canceled']);
const STUCK = new Set(['undeliverable', 'returned', 'error', 'refund_failed', 'missing_return_policy']);

/**
 * Their states → our words (contract section 6). Every other one, `in_review` and those we never heard of included, means
 * keep looking. An on-ramp that is done without saying how much came of it is not done: the off-ramp needs the amount.
 */
export function rampWord(leg: RampLeg, transfer: Transfer): Word {
  const provider = RAMP_LEGS[leg];
  const { id: reference, state } = transfer;
  const known = { reference, facts: factsOf(leg, transfer) };
  const failure = (message: string) => ({ code: state.toUpperCase(), provider, message: `the ${provider} ${message}` });
  if (state === 'payment_processed') {
    return leg !== 'on' || payoutOf(transfer) !== undefined
      ? { type: 'done', ...known }
      : { type: 'pending', ...known };
  }
  if (REFUSED.has(state)) return { type: 'refused', ...known, failure: failure(`gave the funds back (${state})`) };
  if (STUCK.has(state)) return { type: 'stuck', ...known, failure: failure(`could not finish it (${state})`) };
  return { type: 'pending', ...known };
}

/** What came out of a transfer: what its receipt says arrived, else the amount they answered. */
function payoutOf({ finalAmount, amount }: Transfer): string | undefined {
  return finalAmount ?? amount;
}

const NAMES: Readonly<Record<RampLeg, { id: string; facts: string }>> = {
  on: { id: 'onRampTxId', facts: 'onRamp' },
  off: { id: 'offRampTxId', facts: 'offRamp' },
  reverse: { id: 'reverseTxId', facts: 'reverse' },
};

/** What the resource shows of a leg, in the provider's numbers. */
function factsOf(leg: RampLeg, transfer: Transfer): JsonObject {
  const { amount, currency, finalAmount, finalCurrency, rate, fees, transactionHash } = transfer;
  const isDone = transfer.state === 'payment_processed';
  const payoutAmount = isDone ? payoutOf(transfer) : finalAmount;
  // Before the end the hash may be a provisional one.
  const hash = isDone ? transactionHash : undefined;
  const said = {
    amount,
    currency: currency?.toUpperCase(),
    payoutAmount,
    payoutCurrency: finalCurrency,
    rate,
    transactionHash: hash,
  };
  const given = Object.entries(said).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return {
    [NAMES[leg].id]: transfer.id,
    [NAMES[leg].facts]: {
      ...Object.fromEntries(given),
      ...(Object.keys(fees).length > 0 ? { fees: { ...fees } } : {}),
    },
  };
}

/** What the on-ramp paid out, as its word left it in the facts: the amount of whatever follows it. */
export function onRampPayout(facts: JsonObject): { amount: string; currency: string } | undefined {
  const told = facts[NAMES.on.facts];
  if (typeof told !== 'object' || told === null || Array.isArray(told)) return undefined;
  const { payoutAmount, payoutCurrency } = told;
  if (typeof payoutAmount !== 'string') return undefined;
  return { amount: payoutAmount, currency: typeof payoutCurrency === 'string' ? payoutCurrency : STABLECOIN };
}

/** What lies between the ramps. */
export const STABLECOIN = 'USDC';
