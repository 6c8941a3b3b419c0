import { Client } from 'pg';
import { expect, test } from 'vitest';
import { OVERDUE, PUSH } from '../src/agenda-sql.ts';
import { ARCHIVED_KEY, FILES_OF_ID } from '../src/archive-sql.ts';
import { CLAIM, END } from '../src/callback-sql.ts';
import { COMMIT, COMMIT_REPLAY } from '../src/commit-sql.ts';
import { ACCEPT, EARLIER, UNQUEUE } from '../src/intake-sql.ts';
import { LOAD, WEBHOOK } from '../src/load-sql.ts';
import { KEEP } from '../src/open-webhooks.ts';
import { ACCEPT_ORIGINALS } from '../src/original-sql.ts';
import { HOT_SETTINGS } from '../src/store.ts';
import { accepted, OPEN, shelf } from './shelf.ts';

const here = shelf();
const HOT = [
  ACCEPT,
  ACCEPT_ORIGINALS,
  ARCHIVED_KEY,
  FILES_OF_ID,
  EARLIER,
  UNQUEUE,
  LOAD,
  WEBHOOK,
  COMMIT,
  COMMIT_REPLAY,
  CLAIM,
  END,
  KEEP,
  OVERDUE,
  PUSH,
];

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Node[];
}

/** Scans that read more of a table or index than the ids they were given. */
function wideScans(node: Node): string[] {
  const type = node['Node Type'];
  const bound = node['Index Cond'] !== undefined;
  const wide = type === 'Seq Scan' || (/Index/.test(type) && !bound);
  const mine = wide ? [`${type} of ${node['Index Name'] ?? node['Relation Name'] ?? '?'}`] : [];
  return [...mine, ...(node.Plans ?? []).flatMap(wideScans)];
}

async function plans(): Promise<Record<string, string[]>> {
  const client = new Client({
    connectionString: here.url,
    options: HOT_SETTINGS.map((setting) => `-c ${setting}`).join(' '),
  });
  await client.connect();
  try {
    const found: Record<string, string[]> = {};
    for (const { name, text } of HOT) {
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
        `explain (generic_plan, format json) ${text}`,
      );
      found[name] = rows.flatMap((row) => wideScans(row['QUERY PLAN'][0].Plan));
    }
    return found;
  } finally {
    await client.end();
  }
}

const none = Object.fromEntries(HOT.map(({ name }) => [name, []]));

test('no hot statement reads more than the rows it names: empty tables, and no statistics yet', async () => {
  expect(await plans()).toEqual(none);
});

test('… one row in each table, and statistics that say so', async () => {
  await accepted(here, [OPEN]);
  await here.query('analyze');
  expect(await plans()).toEqual(none);
});

test('… 50,000 rows', async () => {
  await here.query(
    `insert into submission (id, client_id, kind, natural_id, created_at, updated_at, fingerprint)
    select gen_random_uuid(), $1, 'transaction', 'old-' || n, now(), now(), '' from generate_series(1, 50000) n`,
    [here.clientId],
  );
  await here.query(`insert into document select id, 'application/json', '{}' from submission on conflict do nothing`);
  await here.query(`insert into agenda select id, client_id, kind, now(), true from submission on conflict do nothing`);
  await here.query('analyze');
  expect(await plans()).toEqual(none);
});
