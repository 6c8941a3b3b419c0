import type { Figure, Outcome, Scenario, Stage } from '../scenario.ts';
import { idle } from '../idle-cost.ts';
import { quantile } from '../statistics.ts';
import { walk } from '../walk.ts';

const SUSTAINED = 200;
const BRISK = 1_000;
const secondsOf = (quick: boolean): { sustained: number; brisk: number; night: number } =>
  quick ? { sustained: 3, brisk: 3, night: 3 } : { sustained: 60, brisk: 60, night: 30 };
const countOf = (quick: boolean): number => (quick ? 500 : 10_000);

/** Two authorities, each telling the end by webhook: all day, at the rush hour, as fast as it goes, and at night. */
export const scenario: Scenario = {
  name: 'receipts',
  title: (quick) => {
    const { sustained, brisk, night } = secondsOf(quick);
    return `receipts of 2 kB, two authorities with webhooks: ${SUSTAINED}/s for ${sustained} s, ${BRISK.toLocaleString('en')}/s for ${brisk} s, ${countOf(quick).toLocaleString('en')} as fast as they go, none for ${night} s`;
  },
  hasFloor: true,
  worker: true,
  run,
};

async function run(stage: Stage): Promise<Outcome> {
  const { sustained, brisk, night } = secondsOf(stage.quick);
  const remarks: string[] = [];
  const key = await stage.product.newClient('till');
  await warmUp(stage, key);
  const day = await steady(stage, key, { perSecond: SUSTAINED, seconds: sustained, goalMs: undefined, remarks });
  const rush = await steady(stage, key, { perSecond: BRISK, seconds: brisk, goalMs: 50, remarks });
  const through = await walk(stage, countOf(stage.quick), 0, { perSecond: BRISK }, 'receipt');
  const asleep = stage.isFloor ? [] : await idle(stage, night, remarks);
  return {
    ...through,
    figures: [...day, ...rush, ...through.figures, ...asleep],
    remarks: [...remarks, ...through.remarks],
  };
}

/** Code that has never run is compiled first: once per deployment, and no part of any day. */
async function warmUp(stage: Stage, key: string): Promise<void> {
  await stage.thirdParty.reset();
  const count = stage.quick ? 100 : 2_000;
  await stage.send(stage.plan({ key, prefix: 'warm', kind: 'receipt', count, mode: 'full', inFlight: 32 }));
  await stage.thirdParty.calledBack('warm', count).catch(() => undefined);
}

interface Rate {
  readonly perSecond: number;
  readonly seconds: number;
  readonly goalMs: number | undefined;
  readonly remarks: string[];
}

/** Open loop: sent at times fixed beforehand, whatever comes back; latencies count from there, to the 202 and to the callback. */
async function steady(stage: Stage, key: string, { perSecond, seconds, goalMs, remarks }: Rate): Promise<Figure[]> {
  await stage.thirdParty.reset();
  const prefix = `at${perSecond}`;
  const count = perSecond * seconds;
  const result = await stage.send(stage.plan({ key, prefix, kind: 'receipt', count, mode: 'open', perSecond }));
  const accepted = [...result.latencyMs.filter((ms) => !Number.isNaN(ms))];
  const failures = Object.entries(result.failures).map(([word, times]) => `${times} × ${word}`);
  if (failures.length > 0) remarks.push(`${perSecond}/s: not 202: ${failures.join(', ')}`);
  try {
    await stage.thirdParty.calledBack(prefix, accepted.length);
  } catch (error) {
    remarks.push(`${perSecond}/s: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { arrivedMs, repeated, doubles } = await stage.thirdParty.report([prefix]);
  if (doubles > 0) remarks.push(`${perSecond}/s: ${doubles} registrations were made twice: every other figure is void`);
  if (repeated > 0) remarks.push(`${perSecond}/s: ${repeated} callbacks came more than once`);
  const came = [...(arrivedMs[prefix] ?? [])];
  const wholeMs = came.map((at, n) => at - (result.intendedMs[n] ?? NaN)).filter((ms) => !Number.isNaN(ms));
  const lastMs = came.reduce((last, at) => Math.max(last, Number.isNaN(at) ? 0 : at), 0);
  remarks.push(
    `${perSecond}/s: the last of ${accepted.length} was called back ${((lastMs - result.endedMs) / 1_000).toFixed(1)} s after the last answer`,
  );
  const rate = wholeMs.length / ((lastMs - result.beganMs) / 1_000);
  return [
    { what: `${perSecond}/s: 202, p50`, unit: 'ms', value: quantile(accepted, 0.5), ratio: true },
    {
      what: `${perSecond}/s: 202, p99`,
      unit: 'ms',
      value: quantile(accepted, 0.99),
      ratio: true,
      ...(goalMs ? { goal: { atMost: goalMs } } : {}),
    },
    { what: `${perSecond}/s: errors`, unit: '', value: count - accepted.length, goal: { atMost: 0 } },
    { what: `${perSecond}/s: to the callback, p50`, unit: 'ms', value: quantile(wholeMs, 0.5), ratio: true },
    { what: `${perSecond}/s: to the callback, p99`, unit: 'ms', value: quantile(wholeMs, 0.99), ratio: true },
    // Arrivals end a moment before the last callback: three parts in a hundred for that.
    {
      what: `${perSecond}/s: end to end`,
      unit: '/s',
      value: rate,
      ratio: true,
      goal: { atLeast: Math.round(perSecond * 0.97) },
    },
  ];
}
