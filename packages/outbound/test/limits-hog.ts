// A process that takes every permit of 'registry' and lives until it is killed (limits.test.ts). Its lease is longer than any machine
// stands still here: whoever stands still for longer has lost it.
import { isPermit, openLimits } from '../src/index.ts';

const redisUrl = process.env['HOG_URL'] ?? '';
const limits = await openLimits({
  redisUrl,
  prefix: process.env['HOG_PREFIX'] ?? '',
  leaseMs: 4_000,
  heartbeatMs: 300,
  answerWithinMs: 10_000,
});
let taken = 0;
while (taken < 6 && isPermit(await limits.acquire('registry', { concurrency: 6, patienceMs: 10_000 }))) taken += 1;
process.send?.(taken);
