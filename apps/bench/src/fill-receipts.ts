import { Client } from 'pg';

export interface Fill {
  readonly databaseUrl: string;
  readonly count: number;
  readonly days: number;
  /** Nine receipts of ten are this client's; the rest is spread over `others`, which are made and of which `small` is the first. */
  readonly whale: string;
  readonly small: string;
  readonly others: number;
  readonly say: (text: string) => void;
}

const CHUNK = 100_000;
/** One connection per core; the rest of the machine only waits. */
const WRITERS = 2;
const TABLES = ['submission', 'document', 'registration', 'unhappy_end'];

/**
 * Receipts as the product would have left them, evenly over the days: one in a hundred FAILED, one in ten thousand
 * UNRESOLVED, the others COMPLETED, two registrations each. Indexes are taken off and put on again as they were, because a
 * sorted build is several times as fast. Gives the seconds it took.
 */
export async function fillReceipts({ databaseUrl, count, days, whale, small, others, say }: Fill): Promise<number> {
  const began = performance.now();
  const clients = await Promise.all(Array.from({ length: WRITERS }, async () => await open(databaseUrl)));
  const [first] = clients;
  try {
    await first?.query(OTHERS, [others]);
    const putBack = first ? await takeOff(first) : [];
    let [next, done] = [0, 0];
    const write = async (client: Client): Promise<void> => {
      while (next < count) {
        const from = next;
        next = Math.min(count, from + CHUNK);
        await client.query(FILL, [from, next - 1, count, `${days} days`, whale, others, small]);
        done += CHUNK;
        say(`${Math.min(done, count).toLocaleString('en')} of ${count.toLocaleString('en')} receipts made`);
      }
    };
    await Promise.all(clients.map(write));
    for (const [at, statement] of putBack.entries()) {
      say(`indexes and statistics: ${at + 1} of ${putBack.length}`);
      await first?.query(statement);
    }
  } finally {
    await Promise.all(clients.map(async (client) => await client.end()));
  }
  return (performance.now() - began) / 1_000;
}

async function open(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query(
    `set synchronous_commit = off; set maintenance_work_mem = '512MB'; set work_mem = '256MB'; set jit = off`,
  );
  return client;
}

/** Drops what makes writing slow, and gives the statements that bring it back. */
async function takeOff(client: Client): Promise<string[]> {
  const { rows: keys } = await client.query<{ name: string; owner: string; definition: string }>(
    `select conname as name, conrelid::regclass::text as owner, pg_get_constraintdef(oid) as definition
     from pg_constraint where contype = 'p' and conrelid = any ($1::regclass[])`,
    [TABLES],
  );
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
     from pg_index i where i.indrelid = any ($1::regclass[]) and not i.indisprimary`,
    [TABLES],
  );
  for (const table of TABLES) await client.query(`alter table ${table} set (autovacuum_enabled = off)`);
  for (const { name, owner } of keys) await client.query(`alter table ${owner} drop constraint ${name}`);
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  return [
    ...keys.map(({ name, owner, definition }) => `alter table ${owner} add constraint ${name} ${definition}`),
    ...indexes.map(({ definition }) => definition),
    ...TABLES.map((table) => `alter table ${table} reset (autovacuum_enabled)`),
    ...TABLES.map((table) => `vacuum (analyze, parallel 2) ${table}`),
  ];
}

const OTHERS = `
insert into client (id, name, webhook_secrets)
select md5('client ' || n)::uuid, 'client ' || n, '[]' from generate_series(0, $1::integer - 1) n on conflict do nothing`;

/** Ids are of version 7, as the door makes them. */
const FILL = `
with n as (
  select n, now() - (($3::bigint - n) * $4::interval / $3::bigint) as at, md5(n::text) as dust
  from generate_series($1::bigint, $2::bigint) n
),
made as materialized (
  select (hex || '7' || substring(dust from 1 for 3) || '8' || substring(dust from 4 for 15))::uuid as id, n, at
  from n, lateral (select lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') as hex) h
),
kept as (
  insert into submission (id, client_id, kind, natural_id, status, version, created_at, updated_at, settled_at, fingerprint, facts)
  select id, case when n % 10 > 0 then $5::uuid when n / 10 % $6::integer = 0 then $7::uuid else md5('client ' || (n / 10 % $6::integer))::uuid end, 'receipt', '#' || id,
    case when n % 9973 = 7 then 'UNRESOLVED' when n % 101 = 7 then 'FAILED' else 'COMPLETED' end, 5, at, at, at, '\\x00',
    '{"receiptType":"fiscal-receipt","receiptTypeVersion":1}'
  from made
  returning client_id, kind, status, id
),
ends as (
  insert into unhappy_end (client_id, kind, status, id) select client_id, kind, status, id from kept where status <> 'COMPLETED'
),
papers as (insert into document (submission_id, content_type, body) select id, 'application/json', '' from made)
insert into registration (submission_id, leg, provider, status, reference, idempotency_key, attempts, told, updated_at)
select id, leg, leg, 'DONE', 'F-' || n, id || ':' || leg, 1, true, at from made, (values ('tax'), ('warehouse')) l(leg)`;
