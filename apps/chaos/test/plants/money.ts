import type { Draft } from '../sound-ledger.ts';
import { finalRead, rampOf, setFate, unresolved, type Plants } from './plant.ts';

/** Money, to the last digit. */
export const money: Plants = {
  'I-13': [
    [
      'on-ramp done, nothing after it',
      (l) => void (l.books = l.books.filter(({ op, leg }) => op !== 5 || leg === 'on')),
    ],
    [
      'paid out and given back',
      (l) => void l.books.push({ ...rampOf(l, 6, 'reverse'), id: 's-5:reverse', op: 5, amount: '5.1975' }),
    ],
    ['halfway, UNRESOLVED, and no dead letter tells of it', (l) => (leftOnTheWay(l), void (l.letters = []))],
    [
      'halfway, UNRESOLVED, and its letter does not say which leg',
      (l) => (leftOnTheWay(l), void (l.letters[0]!.leg = null)),
    ],
    [
      'halfway, UNRESOLVED, and its error names nobody',
      (l) => (leftOnTheWay(l), void delete finalRead(l, 5).errorProvider),
    ],
    [
      'more is missing than UNRESOLVED payments explain',
      (l) => (leftOnTheWay(l), void l.books.push({ ...rampOf(l, 6, 'on'), id: 's-x:on', op: null })),
    ],
    [
      'a fate without a sure end, COMPLETED and halfway',
      (l) => (setFate(l, 5, 'off-ramp=returned'), void (l.books = onlyOn(l))),
    ],
    ['a millionth lost on the way', (l) => void (rampOf(l, 5, 'off').amount = '5.197499')],
  ],
  'I-14': [
    ['two bodies under one MsgId', (l) => void (l.files[0]!.hashes = { abc: 1, def: 1 })],
    ['another key than the MsgId', (l) => void (l.files[0]!.keys = ['m-2'])],
    ['101 payments', (l) => void (l.files[0]!.payments = 101)],
    ['a payout UNRESOLVED, and no dead letter tells of it', (l) => (unresolved(l, 9), void (l.letters = []))],
    ['debited for a payout nobody knows', (l) => void l.books.push({ ...bankPage(l), id: 'e-x', op: null })],
    ['a payout in two files', (l) => void (l.books.find(({ party }) => party === 'bank')!.msgIds = ['m-1', 'm-2'])],
    [
      'debited, and the payout is not COMPLETED',
      (l) => Object.assign(finalRead(l, 9), { state: 'FAILED', errorCode: 'RJCT' }),
    ],
  ],
  'I-30': [
    ['a cent less in a callback', (l) => void (l.deliveries[0]!.amount = '1.24')],
    ['another amount at the ramp', (l) => void (rampOf(l, 5, 'on').amount = '5.2')],
    ['a payout of another amount', (l) => void (l.books.find(({ party }) => party === 'bank')!.amount = '9.250')],
  ],
};

const onlyOn = (l: Draft) => l.books.filter(({ op, leg }) => op !== 5 || leg === 'on');

/** Payment 5: the on-ramp paid out, and nobody knows what came of it. */
export function leftOnTheWay(l: Draft): void {
  l.books = onlyOn(l);
  setFate(l, 5, 'off-ramp=never-answers');
  unresolved(l, 5);
}

const bankPage = (l: Draft) => l.books.find(({ party }) => party === 'bank')!;
