// The file that is forked. Shared sandboxes speak by messages (many jobs each); BullMQ's own sandbox calls the default
// export with one job at a time.
import type { Outcome } from '@countersign/flow';
import { discoverPlans } from '@countersign/kinds';
import { createClosers, createLog, envOrExit } from '@countersign/process';
import { contextOf, ticketOf } from '@countersign/queue';
import { openEngine } from './engine.ts';
import { readWorkerEnv } from './env.ts';
import { endWithWorker, serveShared, SHARED } from './sandbox-pool/serve.ts';
import { behindTurnstile, Turnstile } from './sandbox-pool/turnstile.ts';

endWithWorker();
const shared = process.argv.includes(SHARED);
const plans = await discoverPlans();
const settings = envOrExit(readWorkerEnv(process.env, plans));
const log = createLog({ level: settings.own.LOG_LEVEL, name: 'sandbox' });
const turnstile = new Turnstile();
const engine = await openEngine({
  ...settings,
  plans,
  log,
  closers: createClosers(log),
  name: 'countersign-sandbox',
  outside: turnstile.outside,
  // A child of BullMQ's holds one job: more connections than one would only be held.
  ...(shared ? {} : { poolSize: 1 }),
});

if (shared) {
  const what = 'Visits of crowds in the sandboxes that work, and that wait in line for their turn to';
  engine.metrics.gauge('countersign_crowd_visits', what, ['state'], (gauge) => {
    for (const [state, visits] of Object.entries(turnstile.counts())) gauge.set({ state }, visits);
  });
  serveShared(behindTurnstile(engine, turnstile));
}

export default async function visitOne(
  job: Parameters<typeof ticketOf>[0] & Parameters<typeof contextOf>[0],
  _token: string | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  return await engine.run(ticketOf(job), contextOf(job, signal));
}
