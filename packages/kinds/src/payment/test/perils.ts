import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ask,
  type Child,
  type Dies,
  openHttpWire,
  openPostgresWire,
  Tripwire,
  until,
  type Watched,
} from '@countersign/testkit';
import { openPayments } from './town.ts';

/** A lost call is surely over after 3 s. Each leg is looked at twice: in the visit that told, and after a pause in the queue. */
const QUICK = { TIMEOUT_MS: '1000', RETRY_DELAY_MS: '400', POLL_FIRST_MS: '50', POLL_SECOND_MS: '550' };
const SETTLE_MS = 400;
const CALLBACK = 'POST /client/callbacks/fine';
const QUIET_MS = 150;
const PATIENCE_MS = 60_000;

/** What the ramps do is chosen by the accounts; they post no webhooks, so that every life has the same moments. */
export const STORIES = {
  'both ramps': { sourceAccount: 'acct-of-peril', destinationAccount: 'acct-of-peril-2' },
  'the off-ramp refuses: reversed': { sourceAccount: 'acct-of-peril', destinationAccount: 'acct-of-refusal' },
};

export interface Life {
  readonly id: string;
  readonly watched: Watched;
  /** To its very end, the silence after it included. */
  readonly ends: () => Promise<Record<string, unknown>>;
}

/**
 * The whole product, with a tripwire across every way out of its workers: PostgreSQL, the ramps, the client. A worker that
 * was killed itself (and not only a sandbox of its) is started again, as an orchestrator would.
 */
export async function openPerils(workerEnv: Record<string, string>) {
  const tripwire = new Tripwire();
  const town = await openPayments({ workers: [] });
  const { house } = town;
  const callbacks: { readonly type: string; readonly data: Record<string, unknown> }[] = [];
  const hear = (what: string, body: string): void => {
    // The product's own callbacks, as contract section 3.4 has them.
    if (what === CALLBACK) callbacks.push(JSON.parse(body) as (typeof callbacks)[number]);
  };
  const database = await openPostgresWire(house.databaseUrl, tripwire);
  const outside = await openHttpWire(house.simulator, tripwire, hear);
  const cache = mkdtempSync(join(tmpdir(), 'countersign-perils-'));
  const env = {
    ...rampsBy(outside.url),
    DATABASE_URL: database.url,
    CALLBACK_TIMEOUT_MS: '5000',
    NODE_COMPILE_CACHE: cache,
    ...workerEnv,
  };
  await quietRamps(house.simulator);

  let closing = false;
  let workers = 0;
  let staffed: Promise<Child>;
  const staff = async (): Promise<Child> => {
    const worker = await house.startWorker(`worker-${(workers += 1)}`, env);
    worker.process.once('exit', () => void (closing || (staffed = staff())));
    return worker;
  };
  // What Node compiles is kept for those who come after; written down by who ends in order: this one's sandboxes, or itself.
  const first = await house.startWorker('worker-0', env);
  await (workerEnv['WORKER_SANDBOX'] === 'none' ? first.stop() : first.kill9());
  await (staffed = staff());
  /** Every sandbox is up: work goes to the least loaded, so then no two payments share one, and a kill hits one only. */
  const isAllUp = async (): Promise<boolean> => {
    const { text } = await ask('GET', `${(await staffed).health}/metrics`);
    const [, ready] = /countersign_sandboxes{ward="shared",figure="ready"} (\d+)/.exec(text) ?? [];
    return ready === (workerEnv['WORKER_SANDBOXES'] ?? ready);
  };

  const isTold = async (id: string): Promise<boolean> =>
    (await town.timeline(id)).some((line) => line.type === 'callback' && line.statusCode === 200);
  const lifeOf = (id: string, watched: Watched): Life => {
    const ends = async (): Promise<Record<string, unknown>> => {
      const waits = { timeoutMs: PATIENCE_MS, everyMs: 100 };
      try {
        await until(() => watched.moments.includes(`after ${CALLBACK}`), waits);
        await until(() => isTold(id), waits);
      } catch (cause) {
        const story = { ...watched, timeline: await town.timeline(id), worker: (await staffed).said() };
        throw new Error(`${id} was not told: ${JSON.stringify(story, undefined, 1)}`, { cause });
      }
      let seen = -1;
      const isStill = (): boolean => watched.isQuiet && seen === (seen = watched.moments.length);
      await until(isStill, { timeoutMs: PATIENCE_MS, everyMs: QUIET_MS, label: `silence after ${id}` });
      return await town.read(id);
    };
    return { id, watched, ends };
  };
  /** One payment, whose process is killed at the moment `dies` tells. */
  const begin = async (story: keyof typeof STORIES, dies?: Dies): Promise<Life> => {
    await until(isAllUp, { timeoutMs: PATIENCE_MS, everyMs: 100, label: 'every sandbox to be up' });
    const trace = randomBytes(16).toString('hex');
    const headers = { traceparent: `00-${trace}-${trace.slice(0, 16)}-01` };
    const body = { ...STORIES[story], amount: '100.07', callbackUrl: `${outside.url}/client/callbacks/fine` };
    const release = tripwire.hold();
    try {
      // A door that has just opened on a busy machine sheds load.
      const made = await until(async () => {
        const reply = await town.pay(body, trace, headers);
        return reply.status !== 503 && reply;
      });
      if (made.status !== 202) throw new Error(made.text);
      return lifeOf(made.json.id, tripwire.watch([made.json.id, trace], dies));
    } finally {
      release();
    }
  };
  const close = async (): Promise<void> => {
    closing = true;
    await staffed;
    await house.stop();
    await Promise.all([database.close(), outside.close()]);
    rmSync(cache, { recursive: true, force: true });
  };
  const told = (id: string) => callbacks.filter(({ data }) => data['id'] === id);
  return { town, begin, told, staffed: () => staffed, workers: () => workers, close };
}

function rampsBy(url: string): Record<string, string> {
  const of = (ramp: string, path: string) =>
    Object.entries({ URL: `${url}/${path}`, ...QUICK }).map(([name, value]) => [`PROVIDER_${ramp}_${name}`, value]);
  return Object.fromEntries([...of('ON_RAMP', 'on-ramp'), ...of('OFF_RAMP', 'off-ramp')]) as Record<string, string>;
}

async function quietRamps(simulator: string): Promise<void> {
  const params = { settleMs: SETTLE_MS };
  const rules = [
    { match: { contains: 'acct-of-refusal' }, fate: 'canceled', params },
    { match: { contains: 'acct-of-peril' }, fate: 'poll-only', params },
  ];
  for (const ramp of ['on-ramp', 'off-ramp']) {
    await ask('POST', `${simulator}/_sim/${ramp}/webhook`, { body: { url: null } });
    for (const body of rules) await ask('POST', `${simulator}/_sim/${ramp}/rules`, { body });
  }
}

export type Perils = Awaited<ReturnType<typeof openPerils>>;
