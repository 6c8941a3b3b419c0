// A process that takes every permit of 'registry' and lives until it is killed (limits.test.ts).
import { isPermit, openLimits } from '../src/index.ts';

const redisUrl = process.env['HOG_URL'] ?? '';
const limits = await openLimits({
  redisUrl,
  prefix: process.env['HOG_PREFIX'] ?? '',
  leaseMs: 1_500,
  heartbeatMs: 300,
});
let taken = 0;
while (isPermit(await limits.acquire('registry', { concurrency: 6, patienceMs: 300 }))) taken += 1;
process.send?.(taken);
