import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Arguments } from './arguments.ts';
import { collect } from './collect.ts';
import { discoverFaults, type Notes } from './fault.ts';
import type { Delivery, Ledger, Op } from './ledger.ts';
import { openDesk, type Desk } from './load/desk.ts';
import { startLoad } from './load/load.ts';
import { CLIENTS, createPlanner } from './load/plan.ts';
import { canary, POISON_TYPE } from './kinds/receipt.ts';
import { untilQuiet } from './quiet.ts';
import { redrive } from './redrive.ts';
import { sampleGrowth } from './stage/growth.ts';
import { startProbes } from './load/probes.ts';
import { openSink, type Sink } from './load/sink.ts';
import { randomFrom } from './random.ts';
import { blows, strike } from './schedule.ts';
import { ADMIN_KEY, SETTINGS } from './settings.ts';
import { sampleCpu } from './stage/cpu.ts';
import { objectIn } from './stage/http.ts';
import { releasesOf } from './stage/release.ts';
import { startStage, type Stage } from './stage/stage.ts';

/** Load without faults first, so that what works is known to work. */
const BASELINE_MS = 4_000;
/** Kept of the given minutes for becoming quiet, collecting and ending. */
const TAIL_MS = 90_000;

export interface Campaign {
  readonly ledger: Ledger;
  /** Processes that ended although nobody had hit them. */
  readonly unaskedDeaths: readonly string[];
  readonly dataDir: string;
  /** Everything that can be broken here. */
  readonly possible: readonly string[];
}

/** One campaign: raise the stage, load, break, heal, wait until quiet, collect. */
export async function campaign(asked: Arguments, root: string, say: (text: string) => void): Promise<Campaign> {
  const random = randomFrom(asked.seed);
  const ledger = emptyLedger(asked.seed);
  const dataDir = join(root, '.data/chaos', `${asked.seed}`);
  rmSync(dataDir, { recursive: true, force: true });
  let onCallback = (_delivery: Delivery): void => undefined;
  const sink = await openSink(ledger, (delivery) => onCallback(delivery));
  canary.url = `http://127.0.0.1:${sink.port}/canary`;
  const releases = releasesOf(root, asked.from, say);
  say('starting PostgreSQL, Redis, simulator, two APIs and two workers');
  const stage = await startStage(releases, dataDir, asked.seed, sink.port);
  try {
    const faults = blows(await discoverFaults(), stage, asked.only);
    const keys = await enrol(stage, sink);
    const desk = openDesk(ledger, stage.callers, keys, `http://127.0.0.1:${stage.links.letterbox.port}`);
    onCallback = readOnCallback(ledger, desk);
    const planner = createPlanner(randomFrom(asked.seed + 1), asked.seed);
    const probes = startProbes(ledger, [
      ...stage.apis,
      ...stage.workers.map(({ name, healthUrl }) => ({ name, url: healthUrl })),
    ]);
    const growth = sampleGrowth(ledger.growth, stage);
    const cpu = sampleCpu(ledger.cpu, () => stage.roots());
    const load = startLoad(ledger, desk, planner, randomFrom(asked.seed + 2), asked.perSecond);
    await pause(BASELINE_MS);
    await beginDeploys(stage, ledger, say);
    const untilMs = ledger.beganMs + Math.max(20_000, asked.minutes * 60_000 - TAIL_MS);
    const notes = notesIn(ledger);
    const told = (text: string): void => say(`${progressOf(ledger, untilMs)}  ${text}`);
    await strike({ stage, ledger, desk, planner, random, notes, say: told }, faults, untilMs, asked.long);
    say('the load stops; everything is healed');
    await load.stop();
    ledger.healedMs = Date.now();
    await untilQuiet(ledger, desk, say);
    const { quietMs } = ledger;
    await redrive(ledger, desk, sink, say);
    await untilQuiet(ledger, desk, say);
    ledger.quietMs &&= quietMs;
    await growth.stop();
    probes.stop();
    cpu.stop();
    onCallback = () => undefined;
    say('collecting timelines, lists and books');
    await collect(ledger, desk, keys, stage.simulatorUrl);
    return {
      ledger,
      unaskedDeaths: [...stage.apis, ...stage.workers].flatMap((one) => one.unaskedDeaths()),
      dataDir,
      possible: faults.map(({ fault, target }) => `${fault.name} ${target}`),
    };
  } finally {
    await stage.close();
    await sink.close();
    for (const store of ['postgres', 'redis']) rmSync(join(dataDir, store), { recursive: true, force: true });
  }
}

function emptyLedger(seed: number): Ledger {
  return {
    seed,
    settings: SETTINGS,
    beganMs: Date.now(),
    healedMs: 0,
    quietMs: null,
    ops: [],
    attempts: [],
    readings: [],
    deliveries: [],
    probes: [],
    injections: [],
    stops: [],
    deploys: [],
    cpu: [],
    growth: [],
    redrives: [],
    canaries: [],
    load: { perSecond: 0, meanShare: 1 },
    stories: [],
    books: [],
    files: [],
    listings: [],
    feeds: [],
    letters: [],
  };
}

/** The first step of every deploy, whatever comes next: the schema of this build, while the other one serves. */
async function beginDeploys(stage: Stage, ledger: Ledger, say: (text: string) => void): Promise<void> {
  if (stage.releases.length === 1) return;
  for (const member of [...stage.apis, ...stage.workers])
    ledger.deploys.push({ process: member.name, release: member.release().name, at: ledger.beganMs });
  say('bringing the schema up to date under load');
  await stage.migrate();
}

function notesIn({ stops, deploys }: Ledger): Notes {
  return {
    stopped: (process, at, ms) => void stops.push({ process, at, ms }),
    deployed: (process, release, at) => void deploys.push({ process, release, at }),
  };
}

/** Makes the clients; their keys, by name. */
async function enrol(stage: Stage, sink: Sink): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  const caller = stage.callers[0];
  for (const name of CLIENTS) {
    const client = await admin(caller, '/v1/clients', { name });
    const key = await admin(caller, `/v1/clients/${String(client['id'])}/keys`, { scopes: ['read', 'write'] });
    keys.set(name, String(key['key']));
    sink.secrets.set(name, String(client['webhookSecret']));
  }
  await admin(caller, `/v1/receipt-types/${POISON_TYPE.name}`, POISON_TYPE.body, 'PUT');
  return keys;
}

async function admin(
  caller: Stage['callers'][number] | undefined,
  path: string,
  body: object,
  method: 'POST' | 'PUT' = 'POST',
): Promise<Record<string, unknown>> {
  const ask = () => caller?.call(method, path, ADMIN_KEY, JSON.stringify(body));
  let answer = await ask();
  // A door that has just opened on a busy machine may shed for a second, as it may any client.
  for (let tries = 0; tries < 20 && answer?.outcome === 'answered' && answer.status === 503; tries += 1) {
    await pause(500);
    answer = await ask();
  }
  if (answer?.outcome !== 'answered' || answer.status >= 300)
    throw new Error(`${method} ${path} was answered ${JSON.stringify(answer)}`);
  return objectIn(answer.text);
}

/** I-12: whoever is called back looks at once. */
function readOnCallback(ledger: Ledger, desk: Desk): (delivery: Delivery) => void {
  const ops = new Map<number, Op>();
  return ({ op: n }) => {
    if (n === null) return;
    if (!ops.has(n)) for (const op of ledger.ops.slice(ops.size)) ops.set(op.n, op);
    const op = ops.get(n) ?? ledger.ops.find((one) => one.n === n);
    const caller = desk.callers[n % desk.callers.length];
    if (op && caller) void desk.read(op, caller, 'on-callback');
  };
}

function progressOf(ledger: Ledger, untilMs: number): string {
  const left = Math.max(0, Math.round((untilMs - Date.now()) / 1_000));
  return `${left} s left, ${ledger.ops.length} ops, ${ledger.deliveries.length} callbacks`;
}

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
