import { envOrExit, everyProcess, EXIT_CONFIG, readEnv } from '@countersign/process';
import { migrate, openStore, type Store } from '@countersign/store';
import { z } from 'zod';

/**
 * `node migrate.js`: brings the database of DATABASE_URL to this version's schema, before any other process starts.
 * `node migrate.js seal` also seals every client's callback secrets by the first key of SECRETS_KEY (ADR 0013).
 */
const { DATABASE_URL, SECRETS_KEY } = everyProcess;
const env = envOrExit(readEnv(z.object({ DATABASE_URL, SECRETS_KEY }), process.env));
const isSealing = process.argv[2] === 'seal';
if (isSealing && env.SECRETS_KEY === undefined) {
  console.error('SECRETS_KEY is not set: `seal` needs the key to seal by');
  process.exit(EXIT_CONFIG);
}
try {
  let ran = 0;
  await migrate(env.DATABASE_URL, (line) => {
    ran += 1;
    console.log(line);
  });
  await withStore(async (store) => {
    // There before the first document; from then on the leading worker makes them.
    await store.days.makeAhead(Date.now(), 2);
    if (isSealing) console.log(await seal(store));
  });
  console.log(ran === 0 ? 'the database is up to date' : `the database is up to date, ${ran} migration(s) ran`);
} catch (error) {
  console.error(`the database could not be migrated: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

async function seal(store: Store): Promise<string> {
  return `sealed the callback secrets of ${await store.clients.sealAll()} client(s) by the first key`;
}

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const { DATABASE_URL: databaseUrl, SECRETS_KEY: secretsKeys } = env;
  const store = openStore({ databaseUrl, secretsKeys, applicationName: 'countersign-migrate', poolSize: 1 });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
