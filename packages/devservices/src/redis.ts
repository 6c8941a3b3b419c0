import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackground } from './background.ts';
import { freePort } from './free-port.ts';
import { commandOf, goneWithin, send } from './processes.ts';
import { dockerLaunch } from './redis-docker.ts';
import { findRedis } from './redis-find.ts';
import type { Service } from './service.ts';

const START_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 10_000;

export type RedisOptions = {
  /** Where the append-only file lives. Left out: a new temporary folder that `stop()` deletes. */
  dataDir?: string;
  /** Port on 127.0.0.1; left out: any free one. */
  port?: number;
  /** Keep every write on disk, flushed each second (default true). */
  appendonly?: boolean;
  /** Number of logical databases (default 16). */
  databases?: number;
  /** Every line the server logs. */
  onLine?: (line: string) => void;
};

/**
 * Starts a Redis (or Valkey) of our own on 127.0.0.1: from the PATH, else from a private download of the machine's own
 * Debian or Ubuntu mirror, else in docker. A server left over on the same data is stopped first.
 * @throws Error that names the three ways to get one, when there is none.
 */
export async function startRedis(options: RedisOptions): Promise<Service> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'countersign-redis-')));
  await mkdir(dataDir, { recursive: true });
  await stopLeftOver(dataDir);
  const port = options.port ?? (await freePort());
  const found = await findRedis();
  const settings = serverSettings(options);
  const program =
    found.kind === 'docker'
      ? dockerLaunch(dataDir, port, settings)
      : {
          command: found.path,
          args: [
            '--dir',
            dataDir,
            '--pidfile',
            join(dataDir, 'redis.pid'),
            '--bind',
            '127.0.0.1',
            '--port',
            String(port),
            ...settings,
          ],
          env: { PATH: process.env['PATH'] ?? '', ...found.env },
        };
  const running = await startBackground({
    ...program,
    label: 'Redis',
    cwd: dataDir,
    ready: /Ready to accept connections/,
    readyWithinMs: found.kind === 'docker' ? 120_000 : START_WITHIN_MS, // docker may have to fetch the image
    stopSignal: 'SIGTERM',
    graceMs: STOP_WITHIN_MS,
    removeAfter: options.dataDir === undefined ? [dataDir] : [],
    onLine: options.onLine,
  });
  return { ...running, port, url: `redis://127.0.0.1:${port}` };
}

function serverSettings(options: RedisOptions): string[] {
  // BullMQ needs noeviction; a snapshot next to the append-only file would only cost time.
  const appendonly = options.appendonly === false ? 'no' : 'yes';
  return [
    ...['--save', '', '--appendonly', appendonly, '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'],
    ...['--daemonize', 'no', '--databases', String(options.databases ?? 16)],
  ];
}

// Two servers appending to one file would ruin it.
async function stopLeftOver(dataDir: string): Promise<void> {
  const pid = Number(await readFile(join(dataDir, 'redis.pid'), 'utf8').catch(() => ''));
  if (!(pid > 1) || !/redis|valkey/.test(commandOf(pid) ?? '')) return;
  send(pid, 'SIGTERM');
  if (!(await goneWithin(pid, STOP_WITHIN_MS)))
    throw new Error(`Redis ${pid} still runs on ${dataDir} and does not stop`);
}
