import { join } from 'node:path';
import { startPostgres, startRedis } from '@countersign/devservices';
import type { Service } from '@countersign/devservices';
import type { Memory } from './memory.ts';
import { stablePort } from './ports.ts';
import { say } from './say.ts';

const RESTART_AFTER_MS = 500;
const WORTH_SAYING = /\b(ERROR|FATAL|PANIC)\b| # /;
// Advice for production, and farewells.
const NOT_WORTH_SAYING = /overcommit_memory|bye bye|terminating connection due to administrator command/;

/** The urls of Redis and PostgreSQL, and how to end those that are ours. */
export type Services = { redisUrl: string; databaseUrl: string; stop(): Promise<void> };

/** Starts Redis and PostgreSQL on the data in `dataDir`, each unless its URL is given, and keeps them running. */
export async function startServices(dataDir: string, memory: Memory, env: NodeJS.ProcessEnv): Promise<Services> {
  const [redisPort, postgresPort] = [await stablePort(memory, 'redis'), await stablePort(memory, 'postgres')];
  const log = (name: string) => (line: string) => {
    if (WORTH_SAYING.test(line) && !NOT_WORTH_SAYING.test(line)) say(name, line);
  };
  const redis = (): Promise<Service> =>
    startRedis({ dataDir: join(dataDir, 'redis'), port: redisPort, onLine: log('redis') });
  const postgres = (): Promise<Service> =>
    startPostgres({ dataDir: join(dataDir, 'postgres'), port: postgresPort, onLine: log('postgres') });
  const started = await Promise.allSettled([
    given(env['REDIS_URL']) ?? keep('redis', redis),
    given(env['DATABASE_URL']) ?? keep('postgres', postgres),
  ]);
  const [one, two] = started;
  const stop = async (): Promise<void> => {
    const up = started.flatMap((service) => (service.status === 'fulfilled' ? [service.value] : []));
    await Promise.all(up.map((service) => service.stop()));
  };
  if (one.status === 'rejected' || two.status === 'rejected') {
    await stop();
    // A person can act on the first reason; the second often follows from it.
    throw new Error(
      [one, two]
        .flatMap((s) =>
          s.status === 'rejected' ? [String(s.reason instanceof Error ? s.reason.message : s.reason)] : [],
        )
        .join('\n\n'),
    );
  }
  return { redisUrl: one.value.url, databaseUrl: two.value.url, stop };
}

type Kept = { url: string; stop(): Promise<void> };

function given(url: string | undefined): Promise<Kept> | undefined {
  return url === undefined || url === '' ? undefined : Promise.resolve({ url, stop: () => Promise.resolve() });
}

/** A service that is started again, on the same port and data, when it ends unasked. */
async function keep(name: string, start: () => Promise<Service>): Promise<Kept> {
  let service = await start();
  let over = false;
  let restart: Promise<void> = Promise.resolve();
  const watchOver = (): void => {
    void service.exited.then(() => {
      if (!over) restart = again();
    });
  };
  const again = async (): Promise<void> => {
    while (!over) {
      say(name, 'ended unasked; starts again');
      await new Promise((wake) => setTimeout(wake, RESTART_AFTER_MS));
      if (over) return;
      try {
        service = await start();
        watchOver();
        return;
      } catch (error) {
        say(name, error instanceof Error ? error.message : String(error));
      }
    }
  };
  watchOver();
  return {
    url: service.url,
    stop: async () => {
      over = true;
      await restart;
      await service.stop();
    },
  };
}
