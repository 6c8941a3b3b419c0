import { migrate, openStore } from '@countersign/store';

/** `node migrate.js`: brings the database of DATABASE_URL to this version's schema, before any other process starts. */
const databaseUrl = process.env['DATABASE_URL'];
if (databaseUrl === undefined || databaseUrl === '') {
  console.error('DATABASE_URL is not set: give it as postgres://user:password@host:port/database');
  process.exit(78);
}
try {
  let ran = 0;
  await migrate(databaseUrl, (line) => {
    ran += 1;
    console.log(line);
  });
  await makeFirstDays(databaseUrl);
  console.log(ran === 0 ? 'the database is up to date' : `the database is up to date, ${ran} migration(s) ran`);
} catch (error) {
  console.error(`the database could not be migrated: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

/**
 * The days documents are kept by are there before the first document; from then on the leading worker makes them. Without
 * one, documents are kept all the same.
 */
async function makeFirstDays(url: string): Promise<void> {
  const store = openStore({ databaseUrl: url, applicationName: 'countersign-migrate', poolSize: 1 });
  try {
    await store.days.makeAhead(Date.now(), 2);
  } finally {
    await store.close();
  }
}
