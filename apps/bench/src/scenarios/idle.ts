import type { Outcome, Scenario, Stage } from '../scenario.ts';
import { quantile } from '../statistics.ts';

const countOf = (quick: boolean): number => (quick ? 30 : 200);
/** The first few pay for connections and compiled code. */
const WARM_UP = 20;

/** One transaction at a time: what the house itself adds to one client's wait, from POST to callback. */
export const scenario: Scenario = {
  name: 'idle',
  title: (quick) => `one transaction at a time, ${countOf(quick)} times, third party 0 ms: POST to callback`,
  hasFloor: true,
  worker: true,
  run,
};

async function run(stage: Stage): Promise<Outcome> {
  const count = countOf(stage.quick) + WARM_UP;
  await stage.thirdParty.reset({ tellsEach: true });
  stage.thirdParty.onEach(() => stage.generator.next());
  const key = await stage.product.newClient('idle');
  const stop = stage.meter();
  const sent = await stage.send(stage.plan({ key, prefix: 'idle', count, mode: 'single' }));
  const cost = stop();
  stage.thirdParty.onEach(() => undefined);
  const { arrivedMs } = await stage.thirdParty.report(['idle']);
  const took = [...(arrivedMs['idle'] ?? [])].map((at, n) => at - (sent.intendedMs[n] ?? NaN)).slice(WARM_UP);
  const accepted = [...sent.latencyMs].slice(WARM_UP);
  return {
    figures: [
      { what: 'POST to callback p50', unit: 'ms', value: quantile(took, 0.5), goal: { atMost: 4 }, ratio: true },
      { what: 'POST to callback p99', unit: 'ms', value: quantile(took, 0.99), goal: { atMost: 10 }, ratio: true },
      { what: 'POST to 202 p50', unit: 'ms', value: quantile(accepted, 0.5), ratio: true },
      { what: 'POST to 202 p99', unit: 'ms', value: quantile(accepted, 0.99), ratio: true },
    ],
    cost,
    transactions: count,
    remarks: Object.entries(sent.failures).map(([word, times]) => `not 202: ${times} × ${word}`),
  };
}
