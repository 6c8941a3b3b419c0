// A process that does nothing but pay: the payouts' rooms as the worker's main opens them, on ways that may kill it at any message.
// The tickets it reminds of go to its parent, as they would go to Redis: a job that was added outlives it.
import { flushCompileCache } from 'node:module';
import { createClosers, createLog, createMetrics, readProviders } from '@countersign/process';
import { openStore } from '@countersign/store';
import { z } from 'zod';
import { openPayoutRooms } from '../src/payouts/open.ts';
import { payoutFields } from '../src/payouts/settings.ts';

const own = z
  .object({ ...payoutFields, REDIS_URL: z.string(), DATABASE_URL: z.string(), LOG_LEVEL: z.enum(['error', 'warn']) })
  .parse(process.env);
const log = createLog({ level: own.LOG_LEVEL, name: 'payer' });
const { value: providers, problems } = readProviders(process.env, ['bank'], { needUrl: ['bank'] });
if (!providers) throw new Error(JSON.stringify(problems));
const closers = createClosers(log);
// Nobody is left to pay for.
process.on('disconnect', () => process.exit());
await openPayoutRooms({
  own,
  bank: providers['bank'],
  store: openStore({ databaseUrl: own.DATABASE_URL, applicationName: 'payer' }),
  producer: {
    ping: () => Promise.resolve(0),
    remind: (tickets) =>
      new Promise((sent, failed) => process.send?.(tickets, (err: Error | null) => (err ? failed(err) : sent()))),
  },
  log,
  closers,
  metrics: createMetrics({ ofProcess: false }),
});
// Whoever is killed writes no cache, and the next one would read all of TypeScript again.
flushCompileCache();
