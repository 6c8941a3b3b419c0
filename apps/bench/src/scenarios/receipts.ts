import type { Figure, Outcome, Scenario, Stage } from '../scenario.ts';
import { quantile } from '../statistics.ts';
import { walk } from '../walk.ts';

/** Two authorities, each telling the end by webhook: the door at 1,000/s while all that goes on, then as fast as it goes. */
export const scenario: Scenario = {
  name: 'receipts',
  title: (quick) => `receipts of 2 kB at 1,000/s (${quick ? 3 : 60} s), two authorities with webhooks; then ${quick ? 500 : 10_000} as fast as they go`,
  hasFloor: false,
  worker: true,
  run,
};

async function run(stage: Stage): Promise<Outcome> {
  const seconds = stage.quick ? 3 : 60;
  const door = await atTheDoor(stage, 1_000, seconds);
  const through = await walk(stage, stage.quick ? 500 : 10_000, 0, { perSecond: 1_000 }, 'receipt');
  return { ...through, figures: [...door.figures, ...through.figures], remarks: [...door.remarks, ...through.remarks] };
}

async function atTheDoor(stage: Stage, perSecond: number, seconds: number): Promise<{ figures: Figure[]; remarks: string[] }> {
  await stage.thirdParty.reset();
  const key = await stage.product.newClient('door');
  const count = perSecond * seconds;
  const result = await stage.send(stage.plan({ key, prefix: 'door', kind: 'receipt', count, mode: 'open', perSecond }));
  const latencies = [...result.latencyMs.filter((ms) => !Number.isNaN(ms))];
  const remarks = Object.entries(result.failures).map(([word, times]) => `door: not 202: ${times} × ${word}`);
  const began = performance.now();
  await stage.thirdParty.calledBack('door', latencies.length).catch((error: unknown) => remarks.push(String(error)));
  remarks.push(`the last of ${latencies.length} was called back ${((performance.now() - began) / 1_000).toFixed(1)} s after the last POST`);
  return {
    figures: [
      { what: `${perSecond}/s p50`, unit: 'ms', value: quantile(latencies, 0.5) },
      { what: `${perSecond}/s p99`, unit: 'ms', value: quantile(latencies, 0.99), goal: { atMost: 50 } },
      { what: `${perSecond}/s errors`, unit: '', value: count - latencies.length, goal: { atMost: 0 } },
    ],
    remarks,
  };
}
