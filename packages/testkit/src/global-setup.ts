import { startPostgres, startRedis } from '@countersign/devservices';
import type { Service } from '@countersign/devservices';
import { dropTemplates } from './test-database.ts';

/**
 * Runs once before all tests: a throw-away PostgreSQL and Redis of this run alone, or the ones named by DATABASE_URL
 * and REDIS_URL. Tests find them in TEST_DATABASE_URL and TEST_REDIS_URL, best through testDatabase() and testRedis().
 */
export default async function setUp(): Promise<() => Promise<void>> {
  const started: Service[] = [];
  const own = async (start: Promise<Service>): Promise<string> => {
    const service = await start;
    started.push(service);
    return service.url;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((service) => service.stop()));
  };
  const urls = await Promise.allSettled([
    process.env['DATABASE_URL'] ?? own(startPostgres({ throwaway: true })),
    process.env['REDIS_URL'] ?? own(startRedis({ databases: TEST_LOGICAL_DATABASES })),
  ]);
  for (const url of urls) {
    if (url.status === 'fulfilled') continue;
    await stop();
    throw url.reason;
  }
  const [database, redis] = urls.map((url) => (url.status === 'fulfilled' ? url.value : ''));
  process.env['TEST_DATABASE_URL'] = database;
  process.env['TEST_REDIS_URL'] = redis;
  // Names the template databases of this run, so that all its workers share them and no other run does.
  process.env['TEST_RUN'] = `${process.pid}${Date.now().toString(36)}`;
  const isForeign = process.env['DATABASE_URL'] !== undefined;
  return async () => {
    if (isForeign) await dropTemplates();
    await stop();
  };
}

// A logical database per test costs Redis nothing until it is used; 16, the default, would be used up by some files.
const TEST_LOGICAL_DATABASES = 2_000;
