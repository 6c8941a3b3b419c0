import { expect, test } from 'vitest';
import { finalWord, type Evidence } from '../src/final-word.ts';
import { judge, type Verdict } from '../src/invariant.ts';
import type { Ledger } from '../src/ledger.ts';
import { summary } from '../src/report.ts';
import { sometimes } from '../src/sometimes.ts';
import { soundLedger } from './sound-ledger.ts';

const held: Verdict = { id: 'I-01', title: 'every accepted op ends', checked: 10, voided: 0, violations: [] };
const good: Evidence = {
  verdicts: [held],
  seen: [{ what: 'zombies woken', times: 1, wanted: 1, needs: /^freeze worker/ }],
  unaskedDeaths: [],
  isQuiet: true,
  possible: ['freeze worker-1', 'kill redis'],
};

test('0: everything held and everything was met', () => {
  expect(finalWord(good)).toEqual({ text: 'every invariant holds', exitCode: 0 });
});

test('1: a violation, a death nobody asked for, or no quiet', () => {
  const violations = [{ id: 'I-01', what: 'it never ended', op: 1, at: undefined }];
  expect(finalWord({ ...good, verdicts: [{ ...held, violations }] })).toEqual({
    text: 'BROKEN: 1 violations',
    exitCode: 1,
  });
  expect(finalWord({ ...good, unaskedDeaths: ['api-1 ended'] }).exitCode).toBe(1);
  expect(finalWord({ ...good, isQuiet: false }).exitCode).toBe(1);
});

test('3: what was not looked at has not held, and what was met too seldom proves too little', () => {
  const blind = finalWord({ ...good, verdicts: [{ ...held, checked: 0, voided: 4 }] });
  expect(blind).toMatchObject({ exitCode: 3, text: expect.stringContaining('I-01 was not looked at') });
  const seldom = finalWord({ ...good, seen: [{ ...good.seen[0]!, times: 0 }] });
  expect(seldom).toMatchObject({ exitCode: 3, text: expect.stringContaining('zombies woken: 0 of 1') });
});

test('what needs a fault that --only left out is said to be out of reach, and decides nothing', () => {
  const only = finalWord({ ...good, seen: [{ ...good.seen[0]!, times: 0 }], possible: ['kill redis'] });
  expect(only).toMatchObject({ exitCode: 0, text: expect.stringContaining('1 rows were out of reach') });
});

test('an invariant that only an absent PostgreSQL gives something to look at is out of reach without such faults', () => {
  const shed: Verdict = { ...held, id: 'I-26', checked: 0, needs: /postgres/ };
  expect(finalWord({ ...good, verdicts: [held, shed] })).toMatchObject({ exitCode: 0 });
  expect(finalWord({ ...good, verdicts: [shed], possible: ['kill postgres'] })).toMatchObject({ exitCode: 3 });
});

test('void timings are said', () => {
  expect(finalWord({ ...good, verdicts: [{ ...held, voided: 3 }] }).text).toContain('3 timings are void');
});

test('a campaign that saw next to nothing proves too little, though nothing broke in it', () => {
  const ledger = soundLedger() as Ledger;
  const seen = sometimes(ledger, false);
  expect(seen.every(({ wanted }) => wanted >= 1)).toBe(true);
  expect(finalWord({ ...good, verdicts: judge(ledger, []), seen }).exitCode).toBe(3);
});

test('the share of the load that was sent stands in the summary', () => {
  const ledger = soundLedger() as Ledger;
  expect(summary(ledger, [])).toContain('load: 12 submissions a second, as asked');
  Object.assign(ledger.load, { meanShare: 0.4 });
  expect(summary(ledger, [])).toContain('load: SHRUNK to 40 % of the 12 submissions a second');
});
