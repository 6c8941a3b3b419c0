import type { Figure, Stage } from './scenario.ts';

/** What the clocks, checks and sweeps of everything together may take while nobody asks for anything. */
const MOST_PERCENT = 3;

/** The night: nothing to do for so long. What the processes use all the same, in percent of one core. */
export async function idle(stage: Stage, seconds: number, remarks: string[]): Promise<Figure[]> {
  // What the evening left behind (write-backs, garbage) is not the night's.
  await rest(stage, 5);
  const stop = stage.meter();
  await rest(stage, seconds);
  const { cpuUs, seconds: measured } = stop();
  if (!cpuUs) return [];
  const product = Object.entries(cpuUs).filter(([name]) => name !== 'generator' && name !== 'third party');
  const percentOf = (us: number): number => us / measured / 1e4;
  remarks.push(`night, % of a core: ${product.map(([name, us]) => `${name} ${percentOf(us).toFixed(2)}`).join(' · ')}`);
  const total = product.reduce((sum, [, us]) => sum + us, 0);
  return [
    { what: 'night: of one core, all together', unit: '%', value: percentOf(total), goal: { atMost: MOST_PERCENT } },
  ];
}

async function rest(stage: Stage, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 1) {
    stage.say(`night: ${left} s`);
    await new Promise((wake) => setTimeout(wake, 1_000));
  }
}
