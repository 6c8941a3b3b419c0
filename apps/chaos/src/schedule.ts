import type { Fault, Notes } from './fault.ts';
import type { Injection, Ledger, Recovery } from './ledger.ts';
import { between, shuffled, type Random } from './random.ts';
import type { Desk } from './load/desk.ts';
import type { Planner } from './load/plan.ts';
import type { Stage } from './stage/stage.ts';

/** A fault and whom it hits. */
export interface Blow {
  readonly fault: Fault;
  readonly target: string;
}

/** All that can be done here, narrowed by `--only kill` or `--only "kill worker-1"`. @throws Error that names what there is. */
export function blows(faults: readonly Fault[], stage: Stage, only: string | undefined): Blow[] {
  const all = faults.flatMap((fault) => fault.targets(stage).map((target) => ({ fault, target })));
  if (only === undefined) return all;
  const chosen = all.filter(
    ({ fault, target }) => only === fault.name || only === `${fault.name} ${target}` || only === target,
  );
  if (chosen.length > 0) return chosen;
  const words = all.map(({ fault, target }) => `${fault.name} ${target}`);
  throw new Error(`there is no fault ${only}; there are: ${words.join(', ')}`);
}

/** What the schedule works with. */
export interface Arena {
  readonly stage: Stage;
  readonly ledger: Ledger;
  readonly desk: Desk;
  readonly planner: Planner;
  readonly random: Random;
  readonly notes: Notes;
  say(text: string): void;
}

/** What the sometimes checks ask for by its victim: zombies, calls cut off in hand, doors without their PostgreSQL. */
const MUSTS = new Set(['freeze worker-1', 'freeze sandbox', 'freeze postgres', 'kill worker-2', 'kill sandbox']);

/** A short run has no time for every victim: one of every fault, and the musts, come before a second of any. */
export function firstThingsFirst(order: readonly Blow[]): Blow[] {
  const isMust = ({ fault, target }: Blow): boolean => MUSTS.has(`${fault.name} ${target}`);
  const firsts = order.filter(
    (blow, at) =>
      isMust(blow) ||
      (order.findIndex(({ fault }) => fault === blow.fault) === at &&
        !order.some((one) => one.fault === blow.fault && isMust(one))),
  );
  return [...firsts, ...order.filter((blow) => !firsts.includes(blow))];
}

/** Strikes blow after blow until the time is up, all of them once before any twice. `pairs`: two at a time now and then. */
export async function strike(arena: Arena, all: readonly Blow[], untilMs: number, pairs: boolean): Promise<void> {
  let left: Blow[] = [];
  const next = (): Blow | undefined => {
    if (left.length === 0) left = firstThingsFirst(shuffled(arena.random, all));
    return left.shift();
  };
  while (Date.now() < untilMs) {
    const now = [next(), ...(pairs && arena.random() < 0.25 ? [next()] : [])].filter((blow) => blow !== undefined);
    await Promise.all(now.map((blow) => strikeOnce(arena, blow)));
    await pause(between(arena.random, 300, 1_000));
  }
}

async function strikeOnce(arena: Arena, { fault, target }: Blow): Promise<void> {
  const { stage, ledger, random } = arena;
  arena.say(`${fault.name} ${target}`);
  const touches = fault.touches(target);
  if (touches.includes('worker')) await putCallsInHand(arena);
  const injection: { -readonly [K in keyof Injection]: Injection[K] } = {
    fault: fault.name,
    target,
    touches,
    fromMs: Date.now(),
    toMs: Number.MAX_SAFE_INTEGER,
    graceMs: fault.bounds(target).acceptMs,
    pids: [],
    note: '',
    recoveries: [],
  };
  ledger.injections.push(injection);
  try {
    const { heal, pids = [], note = '' } = await fault.inject(stage, target, random, arena.notes);
    Object.assign(injection, { pids, note });
    await pause(between(random, ...fault.holdMs));
    const came = await heal();
    if (typeof came === 'string') Object.assign(injection, { note: came });
  } catch (error) {
    Object.assign(injection, {
      note: `${injection.note} (the harness had trouble: ${error instanceof Error ? error.message : String(error)})`,
    });
  }
  injection.toMs = Date.now();
  injection.recoveries.push(...(await recover(arena, fault, target)));
}

/** How long it takes from a 202 to the call, with some room; the call's own time-out is 1 s. */
const IN_HAND_AFTER_MS = 250;

/** Whoever is killed or frozen is to have calls in hand that nobody answers, so that it loses some. */
async function putCallsInHand({ ledger, desk, planner }: Arena): Promise<void> {
  const ops = planner.unanswered();
  ledger.ops.push(...ops);
  await Promise.all(ops.map((op) => desk.postUntilTaken(op, Date.now())));
  await pause(IN_HAND_AFTER_MS);
}

/** Sends a canary and measures how soon it is taken and how soon its whole life is over. */
async function recover(arena: Arena, fault: Fault, target: string): Promise<Recovery[]> {
  const { acceptMs, lifeMs } = fault.bounds(target);
  const began = Date.now();
  const op = arena.planner.canary();
  arena.ledger.ops.push(op);
  const taken = await arena.desk.postUntilTaken(op, began + acceptMs + 15_000, 50);
  const tookMs = taken ? taken.at + taken.ms - began : null;
  const first: Recovery = { what: 'first 202', ms: tookMs, boundMs: acceptMs };
  if (!taken) return [first];
  const deadline = began + lifeMs + 5_000;
  const delivered = (): number | undefined =>
    arena.ledger.deliveries.find(({ op: n, state }) => n === op.n && state === 'COMPLETED')?.at;
  while (delivered() === undefined && Date.now() < deadline) await pause(10);
  const at = delivered();
  return [first, { what: 'first life', ms: at === undefined ? null : at - began, boundMs: lifeMs }];
}

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
