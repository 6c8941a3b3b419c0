import { Client } from 'pg';
import type { Cost } from '../stage/cost.ts';
import type { Outcome, Scenario, Stage } from '../scenario.ts';
import { quantile } from '../statistics.ts';

const CLIENTS = 20;
const DAYS = 30;
const CHUNK = 250_000;
const PAGES = 200;
const countOf = (quick: boolean): number => (quick ? 200_000 : 10_000_000);

/** Reading where there is much to read: the data is made here, by SQL, as the product would have left it. */
export const scenario: Scenario = {
  name: 'receipts-read',
  title: (quick) => `pages of 1,000 out of ${countOf(quick).toLocaleString('en')} receipts of ${DAYS} days and ${CLIENTS} clients`,
  hasFloor: false,
  worker: false,
  run,
};

async function run(stage: Stage): Promise<Outcome> {
  const key = await stage.product.newClient('reader');
  await fill(stage, countOf(stage.quick));
  const stop = stage.meter();
  const first = await measure(stage, key, () => 'limit=1000');
  const within = await measure(stage, key, () => `limit=1000&${someDay()}`);
  const failed = await measure(stage, key, () => `limit=1000&status=FAILED&${someDay()}`);
  const deep = await following(stage, key);
  const cost: Cost = stop();
  return {
    figures: [
      { what: 'newest page, p95', unit: 'ms', value: quantile(first, 0.95), goal: { atMost: 500 } },
      { what: 'page of some day, p95', unit: 'ms', value: quantile(within, 0.95), goal: { atMost: 500 } },
      { what: 'FAILED of some day, p95', unit: 'ms', value: quantile(failed, 0.95), goal: { atMost: 500 } },
      { what: 'following pages, p95', unit: 'ms', value: quantile(deep, 0.95), goal: { atMost: 500 } },
      { what: 'following pages, p50', unit: 'ms', value: quantile(deep, 0.5) },
    ],
    cost,
    transactions: first.length + within.length + failed.length + deep.length,
    remarks: ['one reader at a time; a page is 1,000 resources with two registrations each, about 0.7 MB'],
  };
}

/** A day of the last 30, of which the newest has only begun. */
function someDay(): string {
  const from = Date.now() - Math.ceil(Math.random() * DAYS) * 86_400_000;
  return `from=${new Date(from).toISOString()}&to=${new Date(from + 86_400_000).toISOString()}`;
}

async function measure(stage: Stage, key: string, query: () => string): Promise<number[]> {
  const latencies: number[] = [];
  for (let n = 0; n < PAGES / 4; n += 1) latencies.push((await page(stage, key, query())).ms);
  return latencies;
}

async function following(stage: Stage, key: string): Promise<number[]> {
  const latencies: number[] = [];
  let cursor: string | null = null;
  for (let n = 0; n < PAGES; n += 1) {
    const read = await page(stage, key, `limit=1000${cursor === null ? '' : `&cursor=${cursor}`}`);
    latencies.push(read.ms);
    cursor = read.nextCursor;
    if (cursor === null) break;
  }
  return latencies;
}

async function page(stage: Stage, key: string, query: string): Promise<{ ms: number; nextCursor: string | null }> {
  const began = performance.now();
  const answer = await fetch(`${stage.product.url}/v1/receipts?${query}`, { headers: { authorization: `Bearer ${key}` } });
  const text = await answer.text();
  const ms = performance.now() - began;
  if (!answer.ok) throw new Error(`GET /v1/receipts?${query} answered ${answer.status}: ${text.slice(0, 200)}`);
  // Our own API's documented answer.
  return { ms, nextCursor: (JSON.parse(text) as { nextCursor: string | null }).nextCursor };
}

async function fill(stage: Stage, count: number): Promise<void> {
  const client = new Client({ connectionString: stage.databaseUrl });
  await client.connect();
  try {
    await client.query('set synchronous_commit = off');
    for (let from = 0; from < count; from += CHUNK) {
      await client.query(FILL, [from, Math.min(count, from + CHUNK) - 1, count]);
      stage.say(`${Math.min(count, from + CHUNK).toLocaleString('en')} of ${count.toLocaleString('en')} receipts made`);
    }
    await client.query('vacuum analyze submission');
    await client.query('vacuum analyze registration');
    await client.query('vacuum analyze document');
  } finally {
    await client.end();
  }
}

/** Evenly over the days; of twenty clients the first is the reader; one in a hundred FAILED. Ids are of version 7, as the door makes them. */
const FILL = `
with reader as (select id from client order by created_at desc limit 1),
n as (
  select n, now() - (($3::bigint - n) * interval '${DAYS} days' / $3::bigint) as at, md5(n::text) as dust
  from generate_series($1::bigint, $2::bigint) n
),
made as (
  select (substring(hex from 1 for 8) || '-' || substring(hex from 9 for 4) || '-7' || substring(dust from 1 for 3) || '-8'
    || substring(dust from 4 for 3) || '-' || substring(dust from 7 for 12))::uuid as id, n, at
  from n, lateral (select lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') as hex) h
),
kept as (
  insert into submission (id, client_id, kind, natural_id, status, version, created_at, updated_at, settled_at, fingerprint, facts)
  select m.id, case when n % ${CLIENTS} = 0 then reader.id else md5('client ' || (n % ${CLIENTS}))::uuid end, 'receipt', '#' || m.id,
    case when n % 100 = 0 then 'FAILED' else 'COMPLETED' end, 5, at, at, at, '\\x00', '{"receiptType":"fiscal-receipt","receiptTypeVersion":1}'
  from made m, reader
),
papers as (insert into document (submission_id, content_type, body) select id, 'application/json', '' from made)
insert into registration (submission_id, leg, provider, status, reference, idempotency_key, attempts, told, updated_at)
select id, leg, leg, 'DONE', 'F-' || n, id || ':' || leg, 1, true, at from made, (values ('tax'), ('warehouse')) l(leg)`;
