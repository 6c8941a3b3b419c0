import { createLog } from '@countersign/process';
import { migrate, newId, openStore, type Store } from '@countersign/store';
import { testDatabase, until, type TestDatabase } from '@countersign/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { purge } from '../src/purge.ts';
import { createRounds } from '../src/rounds.ts';

const log = createLog({ level: 'silent', name: 'test' });
let database: TestDatabase;
let store: Store;
let plain: Client;
beforeAll(async () => {
  database = await testDatabase({ migrate });
  store = openStore({ databaseUrl: database.url, applicationName: 'purge-test' });
  plain = new Client({ connectionString: database.url });
  await plain.connect();
});
afterAll(async () => {
  await plain.end();
  await store.close();
  await database.drop();
});

/** So many results of that age, and the number of those still there. */
async function age(count: number, interval: string): Promise<void> {
  await plain.query(
    `insert into result (submission_id, client_id, kind, code, response, created_at)
     select $1::uuid, $1::uuid, $2::text, 200, '{}', now() - $2::text::interval from generate_series(1, $3::integer)`,
    [newId(), interval, count],
  );
}
const left = async (interval: string): Promise<number> =>
  (await plain.query('select from result where kind = $1', [interval])).rowCount ?? 0;

test('the leader forgets results older than 14 days, thousands at a time, and keeps the others; who does not lead forgets none', async () => {
  const [old, young] = ['14 days 1 minute', '13 days 23 hours'];
  // More than one statement deletes: the rounds go on without a pause until nothing is left.
  await age(5_100, old);
  await age(3, young);
  let leads = false;
  let asked = 0;
  const isLeading = (): boolean => {
    asked += 1;
    return leads;
  };
  const rounds = createRounds('purge', { everyMs: 20, leads: isLeading, round: () => purge(store, log), log });
  await until(() => asked > 3);
  expect(await left(old)).toBe(5_100);
  leads = true;
  await until(async () => (await left(old)) === 0, { label: 'the old results to be forgotten' });
  expect(await left(young)).toBe(3);
  await rounds.close();
});
