import { at, iso, type Draft } from '../sound-ledger.ts';

/** By invariant: what is done to a sound ledger, which it must see (others may see it too). */
export type Plants = Readonly<Record<string, readonly (readonly [string, (ledger: Draft) => void])[]>>;

export function finalRead(ledger: Draft, op: number) {
  return ledger.readings.find((one) => one.op === op && one.why === 'final')!;
}

export function pageOf(ledger: Draft, op: number) {
  return ledger.books.find(({ id }) => id === `s-${op}`)!;
}

/** A cloud's book of two portfolios under one name, by the states it went through; the last is how it stands. */
export function portfolioMadeTwice(ledger: Draft, states: readonly string[]): void {
  ledger.books.push({
    ...pageOf(ledger, 1),
    party: 'CSP_A',
    leg: 'portfolio',
    id: 'ada/x',
    effects: 2,
    status: states.at(-1) ?? null,
    statuses: states.map((status, n) => ({ at: iso(n), status, cause: 'entered' })),
  });
}

export function rampOf(ledger: Draft, op: number, leg: string) {
  return ledger.books.find((one) => one.op === op && one.leg === leg)!;
}

export function post(ms: number, outcome: string) {
  return { at: iso(ms), method: 'POST', outcome, ms: 5, retryAfterSeconds: null, key: null };
}

/** It stands at UNRESOLVED, as its third party and its dead letter say. */
export function unresolved(ledger: Draft, op: number): void {
  const [page] = ledger.books.filter((one) => one.op === op);
  const [leg, provider] = [page?.leg ?? 'registry', page?.party ?? 'registry'];
  const why = { code: 'NO_END_IN_SIGHT', message: `${provider} gave no final status within 26 s` };
  Object.assign(finalRead(ledger, op), {
    state: 'UNRESOLVED',
    errorCode: why.code,
    errorProvider: provider,
    errorMessage: why.message,
  });
  const kind = ledger.ops.find(({ n }) => n === op)!.kind;
  ledger.letters.push({
    id: `l-${op}`,
    submissionId: `s-${op}`,
    kind,
    step: 'poll',
    leg,
    provider,
    ...why,
    at: at(20_000),
  });
}

export function setFate(ledger: Draft, op: number, fate: string): void {
  ledger.ops.find(({ n }) => n === op)!.fate = fate;
}

/** Its end is in the books, and the one look after it came to nothing: `error` for us, `outcome` for them. */
export function looksLost(ledger: Draft, op: number, error: string, outcome: string): void {
  unresolved(ledger, op);
  const told = ledger.stories.find((one) => one.op === op)!;
  const look = { at: iso(17_000), type: 'poll', provider: 'registry', to: 'unclear', error };
  told.entries = [...told.entries.filter(({ type }) => type !== 'attempt'), look];
  Object.assign(pageOf(ledger, op), { requests: [post(4_510, '504'), { ...post(16_500, outcome), method: 'GET' }] });
  pageOf(ledger, op).statuses = [{ at: iso(6_000), status: 'completed', cause: 'late' }];
}

export function neverAnswered(ledger: Draft, op: number): void {
  ledger.attempts = ledger.attempts.map((one) =>
    one.op === op ? { op, at: one.at, ms: 1, api: 'api-1', body: one.body, outcome: 'cut' } : one,
  );
}
