import { randomBytes } from 'node:crypto';
import { ask, type Dies, openHttpWire, openPostgresWire, Tripwire, until, type Watched } from '@countersign/testkit';
import { openCrew } from './crew.ts';
import { openPayments, type Payments } from './town.ts';

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
  /** How often a process died with its callback out and what became of it not yet written down: nobody could know that it was told. */
  readonly cuts: () => number;
  /** To its very end, the silence after it included. */
  readonly ends: () => Promise<Record<string, unknown>>;
}

/** The whole product, with a tripwire across every way out of its worker: PostgreSQL, the ramps, the client. */
export async function openPerils(workerEnv: Record<string, string>) {
  const tripwire = new Tripwire();
  const town = await openPayments({ workers: [] });
  const { house } = town;
  const callbacks: Said[] = [];
  const hear = (what: string, body: string): void => {
    // The product's own callbacks, as contract section 3.4 has them.
    if (what === CALLBACK) callbacks.push(JSON.parse(body) as Said);
  };
  const told = (id: string): Said[] => callbacks.filter(({ data }) => data['id'] === id);
  const database = await openPostgresWire(house.databaseUrl, tripwire);
  const outside = await openHttpWire(house.simulator, tripwire, hear);
  await quietRamps(house.simulator);
  const env = { ...rampsBy(outside.url), DATABASE_URL: database.url, CALLBACK_TIMEOUT_MS: '5000', ...workerEnv };
  const crew = await openCrew(house, env).catch(async (cause: unknown) => {
    await house.stop();
    throw cause;
  });

  const lives: ReturnType<typeof lifeOf>[] = [];
  /** One payment, whose process is killed at the moment `dies` tells. */
  const begin = async (story: keyof typeof STORIES, dies?: Dies): Promise<Life> => {
    await until(crew.isUp, { timeoutMs: PATIENCE_MS, everyMs: 100, label: 'every sandbox to be up' });
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
      const { id } = made.json;
      const life = lifeOf({ town, told, crew }, id, tripwire.watch([id, trace], dies));
      lives.push(life);
      // Whoever dies, dies to all of its house.
      void life.watched.death.then(() => lives.forEach((each) => each.meetsDeath()));
      return life;
    } finally {
      release();
    }
  };
  const close = async (): Promise<void> => {
    await crew.close();
    await Promise.all([database.close(), outside.close()]);
  };
  return { town, begin, told, crew, close };
}

interface Said {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

interface Around {
  readonly town: Payments;
  readonly told: (id: string) => readonly Said[];
  readonly crew: Awaited<ReturnType<typeof openCrew>>;
}

function lifeOf({ town, told, crew }: Around, id: string, watched: Watched): Life & { meetsDeath: () => void } {
  const isTold = async (): Promise<boolean> =>
    (await town.timeline(id)).some((line) => line.type === 'callback' && line.statusCode === 200);
  const ends = async (): Promise<Record<string, unknown>> => {
    const waits = { timeoutMs: PATIENCE_MS, everyMs: 100 };
    try {
      await until(() => watched.moments.includes(`after ${CALLBACK}`), waits);
      await until(isTold, waits);
    } catch (cause) {
      const story = { ...watched, timeline: await town.timeline(id), worker: (await crew.worker()).said() };
      throw new Error(`${id} was not told: ${JSON.stringify(story, undefined, 1)}`, { cause });
    }
    let seen = -1;
    const isStill = (): boolean => watched.isQuiet && seen === (seen = watched.moments.length);
    await until(isStill, { timeoutMs: PATIENCE_MS, everyMs: QUIET_MS, label: `silence after ${id}` });
    return await town.read(id);
  };
  let cuts = 0;
  const meetsDeath = (): void => {
    const writtenDown = watched.moments.filter((moment) => moment === 'after end').length;
    if (told(id).length > writtenDown + cuts) cuts += 1;
  };
  return { id, watched, cuts: () => cuts, ends, meetsDeath };
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
