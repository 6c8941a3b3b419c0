import { Client } from 'pg';
import { fillReceipts } from '../fill-receipts.ts';
import type { Cost } from '../stage/cost.ts';
import type { Figure, Outcome, Scenario, Stage } from '../scenario.ts';
import { quantile } from '../statistics.ts';

const DAYS = 30;
const OTHERS = 1_000;
const DAY_MS = 86_400_000;
const countOf = (quick: boolean): number => (quick ? 200_000 : 10_000_000);

/** Reading where there is much to read: the data is made here, by SQL, as the product would have left it. */
export const scenario: Scenario = {
  name: 'receipts-read',
  title: (quick) =>
    `pages of 1,000 out of ${countOf(quick).toLocaleString('en')} receipts of ${DAYS} days: one client has nine tenths, ${OTHERS.toLocaleString('en')} the rest`,
  hasFloor: false,
  worker: false,
  run,
};

/** One way of asking; `%` in the query is a fresh time range. */
interface Question {
  readonly what: string;
  readonly query: () => string;
  readonly times: number;
}

const QUESTIONS: readonly Question[] = [
  { what: 'newest', query: () => '', times: 50 },
  { what: 'of some day', query: () => someDay(), times: 100 },
  { what: 'COMPLETED, some day', query: () => `&status=COMPLETED&${someDay()}`, times: 50 },
  { what: 'FAILED, some day', query: () => `&status=FAILED&${someDay()}`, times: 50 },
  { what: 'FAILED of all', query: () => '&status=FAILED', times: 50 },
  { what: 'UNRESOLVED of all', query: () => '&status=UNRESOLVED', times: 50 },
  // None is: the page ends after 100,000 rows, with a cursor.
  { what: 'PENDING of all', query: () => '&status=PENDING', times: 25 },
];
const GOAL_MS = 500;

async function run(stage: Stage): Promise<Outcome> {
  const whale = await patiently(() => stage.product.newClient('whale'));
  const small = await patiently(() => stage.product.newClient('small'));
  const seconds = await fill(stage);
  const stop = stage.meter();
  const figures: Figure[] = [];
  let pages = 0;
  for (const [who, key] of [
    ['whale', whale],
    ['small', small],
  ] as const) {
    for (const { what, query, times } of QUESTIONS) {
      const latencies = await measure(stage, key, { what: `${who}: ${what}`, query, times: stage.quick ? 5 : times });
      pages += latencies.length;
      figures.push({
        what: `${who}: ${what}, p95`,
        unit: 'ms',
        value: quantile(latencies, 0.95),
        goal: { atMost: GOAL_MS },
      });
    }
  }
  const deep = await following(stage, whale, stage.quick ? 20 : 200);
  const large = await measure(stage, whale, {
    what: 'pages of 10,000',
    query: () => '',
    times: stage.quick ? 2 : 10,
    limit: 10_000,
  });
  const cost: Cost = stop();
  figures.push(
    { what: 'whale: following pages, p50', unit: 'ms', value: quantile(deep, 0.5) },
    { what: 'whale: following pages, p95', unit: 'ms', value: quantile(deep, 0.95), goal: { atMost: GOAL_MS } },
    { what: 'whale: a page of 10,000, p95', unit: 'ms', value: quantile(large, 0.95) },
  );
  return {
    figures,
    cost,
    transactions: pages + deep.length + large.length,
    remarks: [
      `the receipts were made in ${seconds.toFixed(0)} s`,
      'one reader at a time; a page is 1,000 resources with two registrations each, about 0.7 MB',
    ],
  };
}

/** A process that has just begun may be too busy for a moment, and says so. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((wake) => setTimeout(wake, 250));
    }
  }
}

/** The small reader takes the place of one of the many. */
async function fill(stage: Stage): Promise<number> {
  const { databaseUrl, say } = stage;
  const sql = new Client({ connectionString: databaseUrl });
  await sql.connect();
  const idOf = async (name: string): Promise<string> =>
    (await sql.query<{ id: string }>('select id from client where name = $1', [name])).rows[0]?.id ?? '';
  try {
    const [whale, small] = [await idOf('whale'), await idOf('small')];
    return await fillReceipts({
      databaseUrl,
      count: countOf(stage.quick),
      days: DAYS,
      whale,
      small,
      others: OTHERS,
      say,
    });
  } finally {
    await sql.end();
  }
}

/** A day of the last 30, of which the newest has only begun. */
function someDay(): string {
  const from = Date.now() - Math.ceil(Math.random() * DAYS) * DAY_MS;
  return `&from=${new Date(from).toISOString()}&to=${new Date(from + DAY_MS).toISOString()}`;
}

interface Asked extends Question {
  readonly limit?: number;
}

async function measure(stage: Stage, key: string, { what, query, times, limit = 1_000 }: Asked): Promise<number[]> {
  const latencies: number[] = [];
  // The first looks are at cold pages, as the first client's are: they count.
  for (let n = 0; n < times; n += 1) {
    stage.say(`${what}: ${n + 1} of ${times}`);
    latencies.push((await page(stage, key, `limit=${limit}${query()}`)).ms);
  }
  return latencies;
}

async function following(stage: Stage, key: string, times: number): Promise<number[]> {
  const latencies: number[] = [];
  let cursor: string | null = null;
  for (let n = 0; n < times; n += 1) {
    stage.say(`following pages: ${n + 1} of ${times}`);
    const read = await page(stage, key, `limit=1000${cursor === null ? '' : `&cursor=${cursor}`}`);
    latencies.push(read.ms);
    cursor = read.nextCursor;
    if (cursor === null) break;
  }
  return latencies;
}

async function page(
  stage: Stage,
  key: string,
  query: string,
  began = performance.now(),
): Promise<{ ms: number; nextCursor: string | null }> {
  const giveUpMs = began + 10_000;
  const answer = await fetch(`${stage.product.url}/v1/receipts?${query}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const text = await answer.text();
  const ms = performance.now() - began;
  // Others took the machine: asked again, and the time counts on.
  if (answer.status === 503 && performance.now() < giveUpMs) return await page(stage, key, query, began);
  if (!answer.ok) throw new Error(`GET /v1/receipts?${query} answered ${answer.status}: ${text.slice(0, 200)}`);
  // Our own API's documented answer.
  return { ms, nextCursor: (JSON.parse(text) as { nextCursor: string | null }).nextCursor };
}
