export { testDatabase } from './test-database.ts';
export type { TestDatabase } from './test-database.ts';
export { testRedis } from './test-redis.ts';
export type { TestRedis } from './test-redis.ts';
export { until } from './until.ts';
