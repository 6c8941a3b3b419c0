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
  await few(stage, light, 'warm');
  const alone: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) alone.push(await few(stage, light, `alone${round}`));
  const stop = stage.meter();
  const crowd = crowdOf(stage.quick);
  await stage.send(stage.plan({ key: heavy, prefix: 'crowd', count: crowd, mode: 'full', inFlight: 128 }));
  const waiting = crowd - thirdParty.countOf('crowd');
  const beside: number[] = [];
  for (let round = 0; round < ROUNDS && thirdParty.countOf('crowd') < crowd * 0.95; round += 1) {
    beside.push(await few(stage, light, `beside${round}`));
  }
  remarks.push(`${waiting.toLocaleString('en')} of the crowd waited when the first ten came; ${beside.length} rounds beside it, ${ROUNDS} alone`);
  await thirdParty.calledBack('crowd', crowd);
  const cost = stop();
  return {
    figures: [
      { what: `${FEW} alone, all called back`, unit: 'ms', value: median(alone) },
      { what: `${FEW} beside the crowd`, unit: 'ms', value: median(beside) },
      { what: 'beside against alone', unit: '×', value: median(beside) / median(alone), goal: { atMost: 2 } },
    ],
    cost,
    transactions: crowd + beside.length * FEW,
    remarks,
  };
}

/** Ten at once; ms from the first POST to the last callback. */
async function few(stage: Stage, key: string, prefix: string): Promise<number> {
  const sent = await stage.generator.run(stage.plan({ key, prefix, count: FEW, mode: 'full', inFlight: FEW }));
  await stage.thirdParty.calledBack(prefix, FEW);
  const { arrivedMs } = await stage.thirdParty.report([prefix]);
  return Math.max(...(arrivedMs[prefix] ?? [])) - sent.beganMs;
}
