import type { Plan, Result } from '../generator-plan.ts';
import type { Outcome, Scenario, Stage } from '../scenario.ts';
import { median } from '../statistics.ts';

const crowdOf = (quick: boolean): number => (quick ? 1_000 : 20_000);
const FEW = 10;
const ROUNDS = 5;

/** One client's crowd must not delay another's few: how long ten take beside it, against how long they take alone. */
export const scenario: Scenario = {
  name: 'tenants',
  title: (quick) => `one client with ${crowdOf(quick).toLocaleString('en')} waiting, another's ${FEW}`,
  // A bare process knows no clients: whoever comes last waits for all.
  hasFloor: false,
  worker: true,
  run,
};

async function run(stage: Stage): Promise<Outcome> {
  const { product, thirdParty } = stage;
  await thirdParty.reset();
  const [heavy, light] = [await product.newClient('heavy'), await product.newClient('light')];
  const remarks: string[] = [];
  const rounds = async (prefix: string, goesOn = (): boolean => true): Promise<number[]> => {
    const took: number[] = [];
    while (took.length < ROUNDS && goesOn()) took.push(await few(stage, light, `${prefix}${took.length}`, remarks));
    return took;
  };
  // A process that has just started needs several times as long: shown, and compared with nothing.
  const cold = await rounds('cold');
  const stop = stage.meter();
  const crowd = await send(
    stage,
    stage.plan({ key: heavy, prefix: 'crowd', count: crowdOf(stage.quick), mode: 'full', inFlight: 128 }),
    remarks,
  );
  const waiting = crowd.accepted - thirdParty.countOf('crowd');
  const beside = await rounds('beside', () => thirdParty.countOf('crowd') < crowd.accepted * 0.95);
  remarks.push(
    `${waiting.toLocaleString('en')} of the crowd waited when the first ten came; ${beside.length} rounds beside it`,
  );
  await thirdParty.calledBack('crowd', crowd.accepted);
  const cost = stop();
  const alone = await rounds('alone');
  return {
    figures: [
      { what: `${FEW} alone, just started`, unit: 'ms', value: median(cold) },
      { what: `${FEW} alone, all called back`, unit: 'ms', value: median(alone) },
      { what: `${FEW} beside the crowd`, unit: 'ms', value: median(beside) },
      { what: 'beside against alone', unit: '×', value: median(beside) / median(alone), goal: { atMost: 2 } },
    ],
    cost,
    transactions: crowd.accepted + beside.length * FEW,
    remarks,
  };
}

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
