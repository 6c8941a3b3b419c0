import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { startBackground } from './background.ts';
import type { Background, Launch } from './background.ts';
import { freePort } from './free-port.ts';
import { isReachableByOthers, placeInVarTmp, serviceOwner } from './owner.ts';
import type { Owner } from './owner.ts';
import { postgresFolder } from './postgres-files.ts';
import { commandOf, goneWithin, send } from './processes.ts';
import type { Service } from './service.ts';

/** Role and database that every server made here has. */
export const POSTGRES_NAME = 'countersign';

const START_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;

// Data of a test is worth nothing after it: no waiting for the disk (a commit costs 0.1 ms instead of several).
const THROWAWAY = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export type PostgresOptions = {
  /** Where the data lives; made on first use, taken up again later. Left out: a new temporary folder. */
  dataDir?: string;
  /** Port on 127.0.0.1; left out: any free one. */
  port?: number;
  /** Fast and forgetful, and `stop()` deletes the data. */
  throwaway?: boolean;
  /** Server settings as in postgresql.conf, e.g. `{ log_min_duration_statement: '100' }`. */
  settings?: Record<string, string>;
  /** Every line the server logs. */
  onLine?: (line: string) => void;
};

/**
 * Starts a PostgreSQL 18 of our own on 127.0.0.1, as `nobody` when we are root.
 * A server left over on the same data (by `kill -9`) is stopped first: take care that no other `pnpm dev` owns it.
 * @returns its url (role and database `countersign`, no password), port, pid, `stop()` and `kill9()`.
 * @throws Error with the server's last words.
 */
export async function startPostgres(options: PostgresOptions): Promise<Service> {
  const owner = serviceOwner();
  const programs = postgresFolder(owner);
  const wanted = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'countersign-postgres-')));
  const dataDir = await dataFolder(wanted, owner);
  await stopLeftOver(dataDir);
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await makeCluster(programs, dataDir, owner, options.throwaway === true);
  const port = options.port ?? (await freePort());
  const launch: Launch = {
    label: 'PostgreSQL',
    command: join(programs, 'bin/postgres'),
    args: ['-D', dataDir, ...serverSettings(port, options).flatMap((setting) => ['-c', setting])],
    cwd: dataDir,
    env: environment(),
    owner,
    ready: /database system is ready to accept connections/,
    readyWithinMs: START_WITHIN_MS,
    stopSignal: 'SIGINT', // "fast": ends the sessions, writes a checkpoint
    graceMs: STOP_WITHIN_MS,
    removeAfter: options.throwaway === true ? [dataDir, wanted] : [],
    onLine: options.onLine,
  };
  const running = await startPatiently(launch);
  return { ...running, port, url: `postgres://${POSTGRES_NAME}@127.0.0.1:${port}/${POSTGRES_NAME}` };
}

function serverSettings(port: number, options: PostgresOptions): string[] {
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=200'];
  if (options.throwaway === true) settings.push(...THROWAWAY);
  return [...settings, ...Object.entries(options.settings ?? {}).map(([name, value]) => `${name}=${value}`)];
}

// After a kill -9 of the server its sessions need some milliseconds to notice and let go of the shared memory.
async function startPatiently(launch: Launch): Promise<Background> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    try {
      return await startBackground(launch);
    } catch (error) {
      const busy =
        error instanceof Error && /pre-existing shared memory block|lock file .* already exists/.test(error.message);
      if (!busy || Date.now() > deadline) throw error;
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }
}

// Nothing of ours leaks into the server, and its messages are English on every machine.
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };
}

async function dataFolder(wanted: string, owner: Owner | undefined): Promise<string> {
  await mkdir(wanted, { recursive: true });
  const reachable = owner === undefined || isReachableByOthers(wanted);
  const folder = reachable ? wanted : placeInVarTmp('postgres-data', wanted);
  if (!reachable) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(wanted, 'moved-to.txt'), `${folder}\n`);
  }
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  return folder;
}

async function stopLeftOver(dataDir: string): Promise<void> {
  const file = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(file.split('\n')[0]);
  if (!(pid > 1) || !(commandOf(pid) ?? '').includes('postgres')) return;
  send(pid, 'SIGINT');
  if (!(await goneWithin(pid, STOP_WITHIN_MS)))
    throw new Error(`PostgreSQL ${pid} still runs on ${dataDir} and does not stop`);
}

async function makeCluster(
  programs: string,
  dataDir: string,
  owner: Owner | undefined,
  throwaway: boolean,
): Promise<void> {
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = [
    '-D',
    dataDir,
    '-U',
    POSTGRES_NAME,
    '--auth=trust',
    '-E',
    'UTF8',
    ...locale,
    ...(throwaway ? ['--no-sync'] : []),
  ];
  try {
    await run(join(programs, 'bin/initdb'), args, dataDir, owner);
    const single = ['--single', '-D', dataDir, ...(throwaway ? ['-c', 'fsync=off'] : []), 'postgres'];
    await run(join(programs, 'bin/postgres'), single, dataDir, owner, `create database ${POSTGRES_NAME}\n`);
  } catch (error) {
    // Half a cluster would be taken for a whole one at the next start.
    await rm(join(dataDir, 'PG_VERSION'), { force: true });
    throw error;
  }
}

function run(command: string, args: string[], cwd: string, owner: Owner | undefined, input = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { cwd, env: environment(), ...owner }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`${command} failed: ${stderr || stdout || error.message}`));
    });
    // Whoever has ended already reads nothing; how it ended says its exit.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
