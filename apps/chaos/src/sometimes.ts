import { availability } from './availability.ts';
import { acceptedForOthers } from './mixtures.ts';
import { POISON } from './kinds/receipt.ts';
import { KIND_NAMES, type Ledger, type Page } from './ledger.ts';
import { isOk } from './readings.ts';
import { tallyOf, type Sometimes, type Tally } from './tally.ts';

export type { Sometimes } from './tally.ts';

/** faults.md section 5, which decides whether a verdict counts (`finalWord`); `--long` asks for all of it, a short run for a twentieth, and for each at least once. */
export function sometimes(ledger: Ledger, long: boolean): Sometimes[] {
  const tally = tallyOf(ledger, long);
  return [
    ...asked(tally),
    ...deployed(tally),
    ...lostAndFound(tally),
    ...ended(tally),
    ...byKind(tally),
    ...seen(tally),
  ];
}

const TAKEN_PERCENT = 95;

/** What clients and third parties said twice, late or otherwise. */
function asked({ attempts, pages, accepted, count, perOp, tries, late, unknown, row }: Tally): Sometimes[] {
  return [
    ...KIND_NAMES.map((kind) => row(`accepted: ${kind}`, count(accepted.filter((op) => op.kind === kind)), 1_000)),
    row(
      'answers lost and resolved by retry to the same id',
      perOp((n) => unknown(n) && (attempts.get(n) ?? []).some(isOk)),
      200,
      /^(kill|freeze|terminate) api|clients-api|^lose-answers/,
    ),
    row('late effects after a 504', perOp(late), 200),
    row(
      'the window waited out and the effect found',
      perOp((n) => late(n) && tries(n) === 1),
      50,
    ),
    row(
      'rightly told again',
      perOp((n) => tries(n) > 1),
      50,
    ),
    row(
      'a webhook before the answer',
      perOp((n) => (pages.get(n) ?? []).some(webhookBeforeAnswer)),
      100,
    ),
    row(
      'duplicates answered as such',
      perOp((n) => (attempts.get(n) ?? []).filter(isOk).length > 1),
      100,
    ),
    row(
      'another body refused',
      perOp((n) =>
        (attempts.get(n) ?? []).some(({ body, status }) => body === 'other' && (status === 422 || status === 409)),
      ),
      20,
    ),
    row(
      'the same under another idempotency key',
      perOp((n) => (attempts.get(n) ?? []).some((one) => one.body === 'rekeyed' && isOk(one))),
      20,
    ),
  ];
}

/** What was taken from us. */
function lostAndFound({ count, perOp, entries, injected, row, ledger }: Tally): Sometimes[] {
  return [
    row(
      'a try closed after our process was lost',
      perOp((n) => entries(n).some(({ error }) => error?.includes('process was lost') === true)),
      30,
      /^(kill|freeze) (worker|sandbox)/,
    ),
    row(
      'zombies woken (worker or sandbox frozen for 6 s)',
      count(
        ledger.injections.filter(
          ({ fault, target, fromMs, toMs }) =>
            fault === 'freeze' && /worker|sandbox/.test(target) && toMs - fromMs > 6_000,
        ),
      ),
      20,
      /^freeze (worker|sandbox)/,
    ),
    row('queue lost (flush, last second)', injected('flush', 'lose-second'), 20, /^(flush|lose-second)/),
    row(
      'doors whose PostgreSQL was away for more than 5 s',
      count(
        ledger.injections.filter(
          ({ fault, target, fromMs, toMs }) => fault === 'freeze' && target === 'postgres' && toMs - fromMs > 5_000,
        ),
      ),
      5,
      /^freeze postgres/,
    ),
  ];
}

/** Whichever of API and worker is deployed first. */
function deployed({ row, ledger }: Tally): Sometimes[] {
  const releases = [...new Set(ledger.deploys.map(({ release }) => release))];
  return releases.map((release) =>
    row(`accepted by ${release} while no worker was of it`, acceptedForOthers(ledger, release), 200, /^deploy/),
  );
}

/** How it ended. */
function ended({ deliveries, finalState, count, perOp, row, ledger }: Tally): Sometimes[] {
  return [
    row(
      'callbacks taken at the third delivery or later',
      [...deliveries.values()].filter((mine) => repeatedThrice(mine)).length,
      50,
    ),
    row(
      'ended UNRESOLVED',
      perOp((n) => finalState(n) === 'UNRESOLVED'),
      10,
    ),
    row(
      'ended FAILED',
      perOp((n) => finalState(n) === 'FAILED'),
      100,
    ),
    row('dead letters', count(ledger.letters), 10),
    row('dead letters tried again, from ten sides at once', count(ledger.redrives), 10),
    row(
      'commits whose answer was lost, by the pattern',
      ledger.injections.reduce(
        (sum, { fault, note }) => sum + (fault === 'lose-commit' ? Number.parseInt(note, 10) || 0 : 0),
        0,
      ),
      20,
      /^lose-commit/,
    ),
  ];
}

/** What only some kinds know. */
function byKind({ pages, deliveries, accepted, count, perOp, row, ledger }: Tally): Sometimes[] {
  return [
    row(
      'payments compensated',
      perOp((n) => (pages.get(n) ?? []).some(({ leg, effects }) => leg === 'reverse' && effects > 0)),
      20,
    ),
    row(
      'payments whose money came back later',
      perOp((n) => (deliveries.get(n) ?? []).some(({ type }) => type === 'payment.returned')),
      5,
    ),
    row('bank files', count(ledger.files), 100),
    row('bank files sent again under one MsgId', count(ledger.files.filter(({ sends }) => sends > 1)), 30),
    row(
      'payouts debited',
      perOp((n) => (pages.get(n) ?? []).some(({ party, effects }) => party === 'bank' && effects > 0)),
      200,
    ),
    row(
      'receipts with one authority in trouble',
      count(accepted.filter(({ kind, fate }) => kind === 'receipt' && fate.includes('='))),
      100,
    ),
    row('poisoned documents', count(accepted.filter(({ fate }) => POISON.some((one) => one === fate))), 20),
    row(
      'results taken from the feeds',
      ledger.feeds.reduce((sum, { answers }) => sum + answers.flat().length, 0),
      200,
    ),
  ];
}

/** What a client could see. */
function seen({ count, row, ledger }: Tally): Sometimes[] {
  const { share } = availability(ledger);
  return [
    ...['PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'UNRESOLVED'].map((state) =>
      row(`a GET that saw ${state}`, count(ledger.readings.filter((one) => one.state === state)), 1),
    ),
    {
      what: '% of POSTs outside fault windows taken at once',
      times: Number.isNaN(share) ? 0 : Math.floor(share * 100),
      wanted: TAKEN_PERCENT,
    },
  ];
}

/** We took its webhook while our call had no answer yet. */
function webhookBeforeAnswer({ requests, webhooks }: Page): boolean {
  const taken = webhooks.filter(({ outcome }) => outcome.startsWith('2')).map(({ at }) => Date.parse(at));
  return requests.some(
    ({ method, at, ms }) =>
      method === 'POST' && taken.some((atMs) => atMs >= Date.parse(at) && atMs <= Date.parse(at) + (ms ?? 0)),
  );
}

function repeatedThrice(mine: readonly { webhookId: string; answered: number | 'silence' }[]): boolean {
  const times = new Map<string, number>();
  return mine.some(({ webhookId, answered }) => {
    const now = (times.get(webhookId) ?? 0) + 1;
    times.set(webhookId, now);
    return now >= 3 && typeof answered === 'number' && answered < 300;
  });
}
