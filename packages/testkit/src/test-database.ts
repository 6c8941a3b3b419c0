import { createHash, randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { required } from './test-redis.ts';

/** A database of its own; `drop()` deletes it, sessions included. */
export type TestDatabase = { url: string; drop(): Promise<void> };

/**
 * A new database in the PostgreSQL of this test run. With `migrate`, it is a copy of a template that is migrated once per
 * run and function (a copy takes 30 to 110 ms). Call it once per file, in `beforeAll`, and `drop()` in `afterAll`.
 * @param migrate brings an empty database to the current schema; the function must be the same source in all files.
 * @throws Error when the tests were not started through vitest's global set-up, or what `migrate` throws.
 */
export async function testDatabase({
  migrate,
}: { migrate?: (url: string) => Promise<void> } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = urlOf(name);
  await onServer(async (server) => {
    const template = migrate === undefined ? 'template1' : await templateFor(server, migrate);
    await server.query(`create database ${name} template ${template} strategy wal_log`);
  });
  return {
    url,
    drop: () => onServer(async (server) => void (await server.query(`drop database if exists ${name} with (force)`))),
  };
}

// The first caller of the run makes the template, the others wait at the lock.
async function templateFor(server: Client, migrate: (url: string) => Promise<void>): Promise<string> {
  const digest = createHash('sha256').update(migrate.toString()).digest('hex').slice(0, 12);
  const name = `${templatePrefix()}${digest}`;
  await server.query('select pg_advisory_lock(hashtext($1))', [name]);
  try {
    const { rowCount } = await server.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await makeTemplate(server, name, migrate);
    return name;
  } finally {
    await server.query('select pg_advisory_unlock(hashtext($1))', [name]);
  }
}

async function makeTemplate(server: Client, name: string, migrate: (url: string) => Promise<void>): Promise<void> {
  // Under another name until it is whole: a failed migration must not leave a template.
  const half = `${name}_half`;
  await server.query(`drop database if exists ${half} with (force)`);
  await server.query(`create database ${half}`);
  await migrate(urlOf(half));
  await server.query(`alter database ${half} rename to ${name}`);
}

/** Deletes the templates of this run: they would stay for ever on a server that is not ours. */
export async function dropTemplates(): Promise<void> {
  await onServer(async (server) => {
    const { rows } = await server.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [templatePrefix()],
    );
    for (const { datname } of rows) await server.query(`drop database if exists ${datname} with (force)`);
  });
}

function templatePrefix(): string {
  return `template_${required('TEST_RUN')}_`;
}

function urlOf(database: string): string {
  const url = new URL(required('TEST_DATABASE_URL'));
  url.pathname = `/${database}`;
  return url.href;
}

async function onServer<T>(work: (server: Client) => Promise<T>): Promise<T> {
  const server = new Client({ connectionString: required('TEST_DATABASE_URL') });
  await server.connect();
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}
