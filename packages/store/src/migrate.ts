import { Kysely, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { Client, Pool } from 'pg';
import { MIGRATIONS } from './migrations/index.ts';

// Any fixed number of our own; kysely's lock comes too late, its tables are made before it is taken.
const MIGRATION_LOCK = 4_207_849_401;

/**
 * Brings a database to the current schema. Safe from several processes at once: they wait for each other.
 * @param log told each migration that ran.
 * @throws Error with the migration's name and PostgreSQL's reason.
 */
export async function migrate(databaseUrl: string, log: (line: string) => void = () => {}): Promise<void> {
  const lock = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  await lock.connect();
  // A database that ends the session must not end the process; the failure shows in the next statement.
  lock.on('error', () => {});
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await run(databaseUrl, log);
  } finally {
    await lock.end();
  }
}

async function run(databaseUrl: string, log: (line: string) => void): Promise<void> {
  const pool = new Pool({ connectionString: databaseUrl, max: 2 });
  pool.on('error', () => {});
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
    const { error, results = [] } = await migrator.migrateToLatest();
    const failed = results.find((result) => result.status === 'Error');
    if (error !== undefined) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(failed ? `migration ${failed.migrationName} failed: ${reason}` : reason, { cause: error });
    }
    for (const result of results) log(`migrated ${result.migrationName}`);
  } finally {
    await db.destroy();
  }
}
