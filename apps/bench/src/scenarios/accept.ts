import type { Figure, Outcome, Scenario, Stage } from '../scenario.ts';
import { quantile } from '../statistics.ts';

/** The door under load while the worker runs: two steady rates (open loop), then as fast as it goes. */
export const scenario: Scenario = {
  name: 'accept',
  title: (quick) =>
    `POST of 2 kB transactions at 500/s (${quick ? 2 : 15} s) and 1,000/s (${quick ? 3 : 60} s), then as fast as it goes`,
  hasFloor: true,
  worker: true,
  run,
};

async function run(stage: Stage): Promise<Outcome> {
  const key = await stage.product.newClient('accept');
  const stop = stage.meter();
  const remarks: string[] = [];
  const taken = new Map<string, number>();
  const calm = await steady(stage, key, 500, stage.quick ? 2 : 15, remarks, taken);
  const brisk = await steady(stage, key, 1_000, stage.quick ? 3 : 60, remarks, taken);
  const count = stage.quick ? 2_000 : 20_000;
  const result = await stage.send(stage.plan({ key, prefix: 'full', count, mode: 'full', inFlight: 256 }));
  const accepted = result.latencyMs.filter((ms) => !Number.isNaN(ms)).length;
  const saturation = accepted / ((result.endedMs - result.beganMs) / 1_000);
  const cost = stop();
  noteFailures('full', result.failures, remarks);
  taken.set('full', accepted);
  await drain(stage, taken, remarks);
  return {
    figures: [
      ...calm,
      ...brisk,
      { what: 'saturation', unit: '/s', value: saturation, goal: { atLeast: 3_000 }, ratio: true },
    ],
    cost,
    transactions: 500 * (stage.quick ? 2 : 15) + 1_000 * (stage.quick ? 3 : 60) + accepted,
    remarks,
  };
}

async function steady(
  stage: Stage,
  key: string,
  perSecond: number,
  seconds: number,
  remarks: string[],
  taken: Map<string, number>,
): Promise<Figure[]> {
  const prefix = `at${perSecond}`;
  const result = await stage.send(stage.plan({ key, prefix, count: perSecond * seconds, mode: 'open', perSecond }));
  const latencies = [...result.latencyMs.filter((ms) => !Number.isNaN(ms))];
  taken.set(prefix, latencies.length);
  const errors = perSecond * seconds - latencies.length;
  noteFailures(prefix, result.failures, remarks);
  const isGoal = perSecond === 1_000;
  return [
    {
      what: `${perSecond}/s p50`,
      unit: 'ms',
      value: quantile(latencies, 0.5),
      ...(isGoal ? { goal: { atMost: 10 } } : {}),
      ratio: true,
    },
    {
      what: `${perSecond}/s p99`,
      unit: 'ms',
      value: quantile(latencies, 0.99),
      ...(isGoal ? { goal: { atMost: 50 } } : {}),
      ratio: true,
    },
    { what: `${perSecond}/s errors`, unit: '', value: errors, goal: { atMost: 0 } },
  ];
}

function noteFailures(where: string, failures: Record<string, number>, remarks: string[]): void {
  const words = Object.entries(failures).map(([word, times]) => `${times} × ${word}`);
  if (words.length > 0) remarks.push(`${where}: not 202: ${words.join(', ')}`);
}

/** What was accepted must also end; how long that took is told. */
async function drain(stage: Stage, taken: ReadonlyMap<string, number>, remarks: string[]): Promise<void> {
  const began = performance.now();
  try {
    for (const [prefix, count] of taken) await stage.thirdParty.calledBack(prefix, count);
    remarks.push(
      `every accepted transaction was called back; the last ${((performance.now() - began) / 1_000).toFixed(1)} s after the last POST`,
    );
  } catch (error) {
    remarks.push(
      `NOT every accepted transaction was called back: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
