import { testDatabase } from '@countersign/testkit';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { describeSchema } from '../schema/describe.ts';
import { firstDifference } from '../schema/difference.ts';

test('every kind of change to a schema is seen, and nothing else', async () => {
  const database = await testDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const changes = [
    'create table t (a int not null, b text default $$x$$)',
    'alter table t add c int',
    'alter table t alter c set not null',
    'alter table t add check (a > 0)',
    'create index on t (b) where a > 1',
    'alter table t set (fillfactor = 70)',
    'create function f() returns trigger language plpgsql as $$ begin return new; end $$',
    'create trigger g before update on t for each row execute function f()',
    'create or replace function f() returns trigger language plpgsql as $$ begin return old; end $$',
    `create type e as enum ('one')`,
    'create view v as select a from t',
  ];
  let before = await describeSchema(database.url);
  for (const sql of changes) {
    await client.query(sql);
    const after = await describeSchema(database.url);
    expect(firstDifference(before, after), sql).toBeDefined();
    before = after;
  }
  await client.query('insert into t values (1, 2, 3)');
  expect(firstDifference(before, await describeSchema(database.url))).toBeUndefined();
  await client.end();
  await database.drop();
});
