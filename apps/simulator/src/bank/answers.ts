import type { Page } from '../desk/books.ts';
import type { Params } from '../desk/fate.ts';
import { createRandom } from '../random.ts';
import { debtor, post, type KeptFile, type Office } from './office.ts';
import type { Instruction, PaymentFile } from './pain001.ts';
import { payoutFates, type PayoutLife } from './payout-fates.ts';
import type { NewMessage } from './queue.ts';
import {
  errors,
  groupStatus,
  notification,
  report,
  type Movement,
  type ReportTraits,
  type Standing,
} from './report.ts';

/** One payment of a file with the life it was given. */
interface Planned {
  readonly instruction: Instruction;
  readonly life: PayoutLife;
}

/** A file taken for processing: what is said about it, and when. */
export interface Taken {
  readonly file: PaymentFile;
  readonly page: Page<KeptFile>;
  readonly requestId: string;
  readonly quirk: string | null;
  readonly params: Params;
}

const notExecuted = new Set(['group-rejected', 'errors']);

/** Executes every payment by its own fate, and sends the messages about them. */
export function execute(office: Office, taken: Taken): void {
  const { file, quirk } = taken;
  const planned = file.instructions.map((instruction) => plan(office, taken, instruction));
  if (quirk === 'errors')
    return later(office, taken, 0, errors('errStatement_RequestInvalid', 'the message is not valid'));
  if (quirk === 'group-rejected') {
    return rejectGroup(office, taken, 'FF01', 'Invalid file format');
  }
  if (quirk === 'mute') return;
  sendReports(office, taken, planned);
  sendNotifications(office, taken, planned);
}

/** One report that rejects the whole file, without a word on its payments. */
export function rejectGroup(office: Office, taken: Taken, reason: string, text: string): void {
  const group = { status: 'RJCT', reason, text };
  later(office, taken, 0, report(taken.file, [], { first: true, quirk: taken.quirk, group }));
}

function plan(office: Office, { file, quirk }: Taken, instruction: Instruction): Planned {
  const { endToEndId, amount, currency, iban, name } = instruction;
  const told = { traits: { id: endToEndId, amount, currency, iban, name }, text: '', amount, names: [] };
  const known = office.payouts.find(endToEndId);
  const random = createRandom(`${office.desk.ground.seed}:payouts`, (office.payoutOrdinal += 1));
  const fate = office.payoutChooser.choose(told, random, known === undefined)?.fate ?? known?.fate ?? 'settled';
  // The chooser gives names of this table only.
  const life = (payoutFates[fate as keyof typeof payoutFates] ?? payoutFates.settled).life();
  const executes = life.executes && !notExecuted.has(quirk ?? '');
  office.payouts.instruct(instruction, file.msgId, fate, executes);
  return { instruction, life };
}

function sendReports(office: Office, taken: Taken, planned: readonly Planned[]): void {
  const { file, quirk, params } = taken;
  // As the first report will say it: of whom there is a word.
  const firsts = planned.flatMap(({ instruction, life }) =>
    life.words.slice(0, 1).map((word) => ({ instruction, word })),
  );
  const group = groupStatus(firsts);
  // The one word on the group leaves open what became of whom it does not fit: who has no other word gets it again by the second report.
  const told = planned.map(({ instruction, life: { words } }) => ({
    instruction,
    words:
      quirk === 'group-only' && words.length === 1 && words[0]?.split(' ')[0] !== group ? [...words, ...words] : words,
  }));
  const most = Math.max(1, ...told.map(({ words }) => words.length));
  for (let n = 0; n < most; n++) {
    const standings = told.flatMap(({ instruction, words }) => {
      const word = words[n];
      return word === undefined ? [] : [{ instruction, word }];
    });
    if (standings.length === 0) continue;
    const step = quirk === 'reversed' ? most - 1 - n : n;
    const first = n === 0;
    const traits: ReportTraits = { first, quirk, ...(first && quirk === 'huge' ? { padBytes: params.bytes } : {}) };
    const parts = quirk === 'split' && first ? standings.map((one) => [one]) : [standings];
    for (const part of parts) {
      later(office, taken, step, report(file, part, traits), part);
      if (quirk === 'twice') later(office, taken, step, report(file, part, traits));
    }
  }
}

/** A message about the file, `step` times settleMs after the first. */
function later(office: Office, taken: Taken, step: number, body: string, said: readonly Standing[] = []): void {
  const { desk, settings } = office;
  const { page, requestId, quirk } = taken;
  desk.ground.timers.after(settings.reportMs + step * settings.settleMs, () => {
    for (const { instruction, word } of said) office.payouts.say(instruction.endToEndId, word);
    if (quirk === 'foreign' && step === 0) postForeign(office);
    const message: NewMessage = {
      type: 'PAYMENT',
      body,
      quirk,
      requestId: quirk === 'no-request-id' ? null : requestId,
    };
    post(office, message, page);
  });
}

/** Nobody here has sent what these answer. */
function postForeign(office: Office): void {
  const instruction = {
    endToEndId: 'SOMEBODY-ELSES',
    pmtInfId: 'X',
    amount: '1.00',
    currency: 'EUR',
    name: 'X',
    iban: '',
  };
  const file: PaymentFile = {
    msgId: 'FOREIGN-MSGID',
    version: '09',
    instructions: [instruction],
    ctrlSum: '1.00',
    nbOfTxs: '1',
    problem: null,
  };
  const standings = [{ instruction, word: 'ACSC' }];
  post(office, { type: 'VIBAN_OPEN', body: '<VibanOpen><Status>OPENED</Status></VibanOpen>', first: true }, null);
  post(office, { type: 'PAYMENT', body: report(file, standings, { first: true, quirk: null }), first: true }, null);
}

function sendNotifications(office: Office, { page }: Taken, planned: readonly Planned[]): void {
  const { desk, settings } = office;
  const debited = planned.filter(({ life }) => life.notified);
  const most = Math.max(1, ...planned.map(({ life }) => life.words.length));
  const last = settings.reportMs + (most - 1) * settings.settleMs;
  const back = (when: PayoutLife['returned']): Movement[] =>
    planned.filter(({ life }) => life.returned === when).map(({ instruction }) => ({ instruction, indicator: 'CRDT' }));
  const out = debited.map(({ instruction }): Movement => ({ instruction, indicator: 'DBIT' }));
  const send = (movements: readonly Movement[], afterMs: number): void => {
    if (movements.length === 0) return;
    desk.ground.timers.after(afterMs, () => {
      const body = notification(movements, debtor.DEBTOR_IBAN);
      post(office, { type: 'CREDIT_DEBIT_NOTIFICATION', body }, page);
    });
  };
  send([...back('with-the-debit'), ...out], last + settings.noticeMs);
  send(back('later'), last + 2 * settings.noticeMs);
}
