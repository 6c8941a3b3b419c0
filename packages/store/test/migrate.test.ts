import { testDatabase } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { migrate, openStore } from '../src/index.ts';
import { MIGRATIONS, NEWEST_MIGRATION } from '../src/migrations/index.ts';

test('six processes that migrate at once: it runs once, all are content, and once more changes nothing', async () => {
  const database = await testDatabase();
  const lines: string[] = [];
  await Promise.all(Array.from({ length: 6 }, () => migrate(database.url, (line) => lines.push(line))));
  const all = Object.keys(MIGRATIONS).sort();
  expect(lines).toEqual(all.map((name) => `migrated ${name}`));
  await migrate(database.url, (line) => lines.push(line));
  expect(lines).toHaveLength(all.length);
  await database.drop();
});

test('a store on a database that is not migrated is not ready, and says why', async () => {
  const database = await testDatabase();
  const store = openStore({ databaseUrl: database.url, applicationName: 'early' });
  await expect(store.ping()).rejects.toThrow(`the database is at nothing, this version needs ${NEWEST_MIGRATION}`);
  await store.close();
  await database.drop();
});
