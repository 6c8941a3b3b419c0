import { setTimeout as pause } from 'node:timers/promises';
import type { Plan, Result } from './generator-plan.ts';
import type { Outcome, Stage } from './scenario.ts';
import { median } from './statistics.ts';

const FEW = 10;
/** A round's time scatters by half its own length: the median of nine was off by 15 % now and then. */
const ROUNDS = 31;
/** The door takes who sends more than 50 a second for long for a crowd of their own. */
const BETWEEN_MS = 200;
/** Who was still for so long finds connections closed (undici and Node keep them for 4 and 5 s) and everything out of the caches. */
const SILENCE = { rounds: 7, ms: 6_000 };
/** A process that has just started needs several times as long: nobody is compared with that. A small crowd warms every part. */
const WARM_UP = { rounds: 15, crowd: 5_000 };

export const crowdOf = (quick: boolean): number => (quick ? 1_000 : 100_000);

/** How long one client's ten take beside another's crowd, against how long they take alone. */
export async function tenants(stage: Stage, answerMs: number): Promise<Outcome> {
  const { product, thirdParty } = stage;
  await thirdParty.reset({ answerMs });
  const [heavy, light] = [await product.newClient('heavy'), await product.newClient('light')];
  const remarks: string[] = [];
  /** So many of the crowd called back: nobody is beside it any more. */
  let isOverAt = Infinity;
  const rounds = async (prefix: string, count: number, betweenMs = BETWEEN_MS): Promise<number[]> => {
    const took: number[] = [];
    while (took.length < count && thirdParty.countOf('crowd') < isOverAt) {
      await pause(betweenMs);
      took.push(await few(stage, light, `${prefix}${took.length}`, remarks));
    }
    return took;
  };
  const cold = await rounds('cold', WARM_UP.rounds);
  if (!stage.quick) {
    const warmUp = stage.plan({ key: heavy, prefix: 'warm', count: WARM_UP.crowd, mode: 'full', inFlight: 128 });
    await thirdParty.calledBack('warm', (await send(stage, warmUp, remarks)).accepted);
  }
  const silence = [stage.quick ? 1 : SILENCE.rounds, stage.quick ? BETWEEN_MS : SILENCE.ms] as const;
  const alone = { still: await rounds('still', ...silence), steady: await rounds('alone', ROUNDS) };
  const stop = stage.meter();
  const crowd = await send(
    stage,
    stage.plan({ key: heavy, prefix: 'crowd', count: crowdOf(stage.quick), mode: 'full', inFlight: 128 }),
    remarks,
  );
  isOverAt = crowd.accepted * 0.95;
  const waiting = crowd.accepted - thirdParty.countOf('crowd');
  const beside = { still: await rounds('first', ...silence), steady: await rounds('beside', ROUNDS) };
  const cost = stop();
  const { still, steady } = beside;
  remarks.push(
    `${waiting.toLocaleString('en')} of the crowd waited when the first ten came; ${still.length} + ${steady.length} rounds beside it, ${silence[1] / 1_000} s and ${BETWEEN_MS / 1_000} s apart`,
    `after silence, alone: ${inMs(alone.still)}; beside, from the very first on: ${inMs(still)} ms`,
  );
  return {
    figures: [
      { what: `${FEW} alone, just started`, unit: 'ms', value: median(cold.slice(0, 3)) },
      { what: `${FEW} alone`, unit: 'ms', value: median(alone.steady) },
      { what: `${FEW} beside the crowd`, unit: 'ms', value: median(steady) },
      { what: `${FEW} beside the crowd, slowest round`, unit: 'ms', value: Math.max(...steady) },
      { what: 'beside against alone', unit: '×', value: median(steady) / median(alone.steady), goal: { atMost: 2 } },
      { what: `${FEW} alone, after silence`, unit: 'ms', value: median(alone.still) },
      { what: `${FEW} beside the crowd, after silence`, unit: 'ms', value: median(still) },
      {
        what: 'beside against alone, both after silence',
        unit: '×',
        value: median(still) / median(alone.still),
        goal: { atMost: 2 },
      },
    ],
    cost,
    transactions: Math.max(1, thirdParty.countOf('crowd')),
    remarks,
  };
}

const inMs = (times: readonly number[]): string => times.map((ms) => ms.toFixed(0)).join(', ');

/** Ten at once; ms from the first POST to the last callback. */
async function few(stage: Stage, key: string, prefix: string, remarks: string[]): Promise<number> {
  const { accepted, beganMs } = await send(
    stage,
    stage.plan({ key, prefix, count: FEW, mode: 'full', inFlight: FEW }),
    remarks,
  );
  await stage.thirdParty.calledBack(prefix, accepted);
  const { arrivedMs } = await stage.thirdParty.report([prefix]);
  return Math.max(...(arrivedMs[prefix] ?? []).filter((ms) => !Number.isNaN(ms))) - beganMs;
}

/** An overloaded door sheds, and who was sent away is not called back. */
async function send(
  stage: Stage,
  plan: Plan,
  remarks: string[],
): Promise<Pick<Result, 'beganMs'> & { accepted: number }> {
  const { beganMs, latencyMs, failures } = await stage.send(plan);
  for (const [word, times] of Object.entries(failures)) remarks.push(`${plan.prefix}: not 202: ${times} × ${word}`);
  return { beganMs, accepted: latencyMs.filter((ms) => !Number.isNaN(ms)).length };
}
