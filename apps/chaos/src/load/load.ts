import type { Ledger, Op } from '../ledger.ts';
import { between, oneOf, type Random } from '../random.ts';
import type { Desk } from './desk.ts';
import { CLIENTS, type Manner, type Planner } from './plan.ts';
import { kindOf } from '../kinds/kinds.ts';
import { shareOfMachine } from '../readings.ts';

/** How long a patient client goes on asking. */
const PATIENCE_MS = 45_000;

/** On a machine that others use up the load shrinks with what they leave, to this at least: what piles up is not judged before it is gone. */
const LEAST_SHARE = 0.15;

/** The clients at work. */
export interface Load {
  /** No new ops; resolves when every client has its answer or has given up. */
  stop(): Promise<void>;
}

/** Ops at times fixed beforehand, whatever becomes of earlier ones. */
export function startLoad(ledger: Ledger, desk: Desk, planner: Planner, random: Random, perSecond: number): Load {
  const running = new Set<Promise<void>>();
  let over = false;
  const enter = (op: Op): Op => {
    ledger.ops.push(op);
    return op;
  };
  const begin = (): void => {
    if (over) return;
    const { op, manner } = planner.next();
    enter(op);
    const namesake = manner === 'namesake' ? enter(planner.namesakeOf(op)) : undefined;
    const life = live(desk, random, op, manner, namesake).catch((error: unknown) =>
      console.error('chaos: a client of the load broke', error),
    );
    running.add(life);
    void life.finally(() => running.delete(life));
  };
  for (const op of planner.musts().map(enter)) {
    const life = desk.postUntilTaken(op, Date.now() + PATIENCE_MS).then(() => undefined);
    running.add(life);
    void life.finally(() => running.delete(life));
  }
  let nextMs = performance.now();
  let [shares, looks] = [0, 0];
  const timer = setInterval(() => {
    const share = Math.max(LEAST_SHARE, shareOfMachine(ledger));
    [shares, looks] = [shares + share, looks + 1];
    const rate = perSecond * share;
    for (; nextMs <= performance.now(); nextMs += -Math.log(1 - random()) * (1_000 / rate)) begin();
  }, 10);
  return {
    async stop() {
      over = true;
      clearInterval(timer);
      Object.assign(ledger.load, { perSecond, meanShare: looks === 0 ? 1 : shares / looks });
      await Promise.all(running);
    },
  };
}

async function live(desk: Desk, random: Random, op: Op, manner: Manner, namesake: Op | undefined): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS;
  const any = () => oneOf(random, desk.callers);
  const [later, watchMs, copies] = [
    between(random, 1_000, 6_000),
    random() < 0.5 ? between(random, 0, 4_000) : undefined,
    2 + Math.floor(random() * 3),
  ];
  if (manner === 'forgetful' || manner === 'invalid') return void (await desk.post(op, any()));
  if (manner === 'parallel') await Promise.all(Array.from({ length: copies }, () => desk.post(op, any())));
  const [taken] = await Promise.all([
    desk.postUntilTaken(op, untilMs),
    namesake && desk.postUntilTaken(namesake, untilMs),
  ]);
  if (taken === undefined || (taken.status !== undefined && taken.status >= 300 && taken.names !== true)) return;
  if (manner === 'reusing') await desk.post(op, any(), 'other');
  if (manner === 'repeating') {
    await pause(later);
    await desk.post(op, any());
    // Where the client gave a name of its own, another key is no other submission.
    if (kindOf(op).isNamed) await desk.post(op, any(), 'rekeyed');
  }
  if (watchMs === undefined) return;
  await pause(watchMs);
  await desk.read(op, any(), 'watch');
  if (random() < 0.1 && namesake === undefined)
    await desk.read(
      op,
      any(),
      'stranger',
      CLIENTS.find((client) => client !== op.client),
    );
}

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
