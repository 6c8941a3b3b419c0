import { startPostgres, startRedis } from '@countersign/devservices';
import { Redis } from 'ioredis';
import { Client } from 'pg';

/** Redis and PostgreSQL as durable as in production, for all scenarios of one run. */
export interface Services {
  readonly redisUrl: string;
  readonly redisPid: number | undefined;
  readonly postgresPid: number | undefined;
  /** An empty database of this name and an empty Redis. Gives the database's URL. */
  fresh(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts our own (AOF every second, synchronous_commit on, data deleted at the end), or uses REDIS_URL and DATABASE_URL. */
export async function startServices(given: NodeJS.ProcessEnv, dataDir: string): Promise<Services> {
  const redis = given['REDIS_URL'] ? undefined : await startRedis({});
  const settings = { synchronous_commit: 'on', fsync: 'on', max_wal_size: '4GB', shared_buffers: '256MB' };
  const postgres = given['DATABASE_URL'] ? undefined : await startPostgres({ dataDir, settings });
  const redisUrl = redis?.url ?? given['REDIS_URL'] ?? '';
  const databaseUrl = postgres?.url ?? given['DATABASE_URL'] ?? '';
  return {
    redisUrl,
    redisPid: redis?.pid,
    postgresPid: postgres?.pid,
    async fresh(name) {
      await emptyRedis(redisUrl);
      return await emptyDatabase(databaseUrl, `bench_${name.replaceAll(/\W/g, '_')}`);
    },
    stop: async () => {
      await Promise.all([redis?.stop(), postgres?.stop()]);
    },
  };
}

async function emptyRedis(url: string): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: 3 });
  await redis.flushdb();
  redis.disconnect();
}

async function emptyDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`drop database if exists ${name} with (force)`);
  await client.query(`create database ${name}`);
  // The last scenario's dirty pages are not this one's bill.
  await client.query('checkpoint');
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
