import { readSettings } from './settings.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from './town.ts';

const settings = readSettings(process.env);
if ('problems' in settings) {
  console.error(['The simulator cannot start:', ...settings.problems].join('\n  '));
  process.exit(78);
}
await run(settings.options);

/** Runs the town until SIGTERM or SIGINT. A port that cannot be had ends the process with 1. */
async function run(options: SimulatorOptions): Promise<void> {
  let town: Simulator;
  try {
    town = await startSimulator(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`The simulator cannot listen on ${options.host}:${options.port}: ${reason}`);
    process.exit(1);
  }
  const stop = (): void => void town.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Last: who reads this line may end us at once.
  console.log(`simulator ${town.url} (profile ${options.profile}, seed ${options.seed})`);
}
