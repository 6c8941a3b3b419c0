import { expect, test } from 'vitest';
import { discoverInvariants, judge } from '../src/invariant.ts';
import type { Injection, Ledger } from '../src/ledger.ts';
import { finalRead, looksLost, pageOf, portfolioMadeTwice, post, setFate, unresolved } from './plants/plant.ts';
import { leftOnTheWay } from './plants/money.ts';
import { at, iso, soundLedger, type Draft } from './sound-ledger.ts';

const invariants = await discoverInvariants();
const verdictOn = (id: string, change: (ledger: Draft) => void) => {
  const ledger = soundLedger();
  change(ledger);
  return judge(ledger as Ledger, invariants).find((one) => one.id === id)!;
};
const fault = (target: string, touches: Injection['touches'], fromMs: number, toMs: number): Injection => ({
  fault: 'cut',
  target,
  touches,
  fromMs: at(fromMs),
  toMs: at(toMs),
  graceMs: 1_000,
  pids: [],
  note: '',
  recoveries: [],
});

const LAWFUL: readonly [string, string, (ledger: Draft) => void][] = [
  [
    'I-01',
    'UNRESOLVED after looks that were all cut off on their way',
    (l) => (
      looksLost(l, 1, 'ECONNRESET', 'abandoned'),
      void l.injections.push(fault('third-parties', ['third-parties'], 15_500, 18_000))
    ),
  ],
  [
    'I-01',
    'UNRESOLVED after looks that were all left without an answer',
    (l) => looksLost(l, 1, 'timeout after 1000 ms', 'silence'),
  ],
  [
    'I-01',
    'UNRESOLVED after an answer that came before the end was in their books, and none after',
    (l) => (
      looksLost(l, 1, 'timeout after 1000 ms', 'silence'),
      void (pageOf(l, 1).requests = [...pageOf(l, 1).requests, { ...post(5_500, '200'), method: 'GET' }])
    ),
  ],
  [
    'I-01',
    'UNRESOLVED where their record is pending for ever',
    (l) => (unresolved(l, 1), void Object.assign(pageOf(l, 1), { status: 'pending' })),
  ],
  ['I-01', 'UNRESOLVED where it never answers', (l) => (unresolved(l, 1), setFate(l, 1, 'never-answers'))],
  [
    'I-01',
    'UNRESOLVED where only a webhook tells, and none came through',
    (l) => (
      unresolved(l, 4),
      setFate(l, 4, 'webhook-only'),
      void Object.assign(pageOf(l, 4), {
        fate: 'webhook-only',
        webhooks: [{ at: iso(5_000), status: 'completed', forged: false, outcome: 'timeout' }],
      })
    ),
  ],
  ['I-13', 'halfway, UNRESOLVED, and an operator is told of it', leftOnTheWay],
  ['I-14', 'a payout debited, UNRESOLVED, and an operator is told of it', (l) => unresolved(l, 9)],
  [
    'I-18',
    'what arrived before the answer that bade us wait was out',
    (l) =>
      void (pageOf(l, 2).requests = [{ ...post(4_510, '429'), ms: 300, retryAfterSeconds: 2 }, post(4_700, '200')]),
  ],
  [
    'I-18',
    'a file sent again after the first pause',
    (l) => void (l.files[0]!.requests = [post(4_510, '504'), post(4_620, '202')]),
  ],
  [
    'I-23',
    'a door that says that it sheds',
    (l) =>
      void l.attempts.push({
        ...l.attempts[0]!,
        at: at(10_000),
        problem: 'More requests than this replica can handle; nothing was accepted',
      }),
  ],
  [
    'I-28',
    'a callback cut off before it was noted, by a kill',
    (l) => (
      l.injections.push(fault('worker-1', ['worker'], 9_500, 9_600)),
      void l.deliveries.push({ ...l.deliveries[1]!, at: at(9_000) })
    ),
  ],
  [
    'I-03',
    'a portfolio made again after its first job had failed',
    (l) => portfolioMadeTwice(l, ['NOT_STARTED', 'FAILED', 'NOT_STARTED']),
  ],
];

for (const [id, what, change] of LAWFUL) {
  test(`${id} lets pass: ${what}`, () => {
    expect(verdictOn(id, change).violations).toEqual([]);
  });
}

test('a timing on a machine that others use is void, and is not counted as looked at', () => {
  const busy = { at: at(4_000), cores: { others: 0.31 } };
  const late = (l: Draft, others: number) => {
    l.cpu = [{ ...busy, cores: { others } }];
    l.injections[0]!.recoveries = [{ what: 'first 202', ms: 5_001, boundMs: 5_000 }];
  };
  expect(verdictOn('I-22', (l) => late(l, 0.31))).toMatchObject({ voided: 1, checked: 1, violations: [] });
  expect(verdictOn('I-22', (l) => late(l, 0.3))).toMatchObject({ voided: 0, violations: [{ id: 'I-22' }] });
  const silent = (l: Draft, status: number | null) => {
    const probe = l.probes.find((one) => one.what === 'live' && one.at === at(9_000))!;
    Object.assign(probe, { status, ms: 2_000 });
    l.cpu = [{ at: at(10_000), cores: { others: 1.5 } }];
  };
  expect(verdictOn('I-24', (l) => silent(l, null))).toMatchObject({ voided: 1, violations: [] });
  // A wrong answer is wrong on any machine.
  expect(verdictOn('I-24', (l) => silent(l, 500))).toMatchObject({ voided: 0, violations: [{ id: 'I-24' }] });
});

test('safety counts on any machine', () => {
  const onABusyMachine = (l: Draft) => {
    l.cpu = Array.from({ length: 40 }, (_, n) => ({ at: at(n * 1_000), cores: { others: 2 } }));
    unresolved(l, 1);
    leftOnTheWay(l);
    delete finalRead(l, 5).errorProvider;
  };
  for (const id of ['I-01', 'I-13']) expect(verdictOn(id, onABusyMachine).violations).not.toEqual([]);
});

test('I-22: while another fault lies over the recovery its time has not begun; after that it has', () => {
  const paired = (l: Draft, ms: number) =>
    l.injections.push(
      {
        ...fault('worker-1', ['worker'], 30_000, 31_000),
        recoveries: [{ what: 'first 202', ms, boundMs: 1_000 }],
      },
      fault('postgres', ['postgres'], 30_500, 33_000),
    );
  expect(verdictOn('I-22', (l) => paired(l, 3_000)).violations).toEqual([]);
  expect(verdictOn('I-22', (l) => paired(l, 3_001)).violations).toMatchObject([{ id: 'I-22' }]);
});
