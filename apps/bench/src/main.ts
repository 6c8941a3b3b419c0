import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.ts';
import { run } from './run.ts';
import { discoverScenarios, type Outcome, type Scenario } from './scenario.ts';
import { startServices } from './stage/services.ts';
import { tableOf } from './table.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const known = await discoverScenarios();
const asked = (() => {
  try {
    return readArguments(process.argv.slice(2), [...known.keys()]);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
})();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

if (!asked.skipBuild) await build();
const chosen =
  asked.scenarios.length === 0 ? [...known.values()] : asked.scenarios.flatMap((name) => known.get(name) ?? []);
const dataDir = join(root, `.data/bench/postgres-${process.pid}`);
const services = await startServices(process.env, dataDir);
const machine = {
  cores: availableParallelism(),
  processor: cpus()[0]?.model ?? '?',
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
console.log(
  `\n${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB, Node ${machine.node}, load ${loadavg()[0]?.toFixed(1) ?? '?'} before the start`,
);
console.log(
  'Everything shares this machine: generator, third party, stores. Compare within one run; the ratio to the floor is what counts.\n',
);
const results: { name: string; title: string; load: number; product: Outcome; floor: Outcome | undefined }[] = [];
try {
  for (const scenario of chosen) await one(scenario);
} finally {
  await services.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
if (asked.json !== undefined) {
  writeFileSync(
    asked.json,
    `${JSON.stringify({ at: new Date().toISOString(), quick: asked.quick, machine, results }, null, 2)}\n`,
  );
  console.log(`written to ${asked.json}`);
}
if (results.length < chosen.length) process.exitCode = 1;
process.exit();

async function one(scenario: Scenario): Promise<void> {
  const load = loadavg()[0] ?? 0;
  try {
    const floor = scenario.hasFloor ? await run(scenario, services, root, asked.quick, true) : undefined;
    const product = await run(scenario, services, root, asked.quick, false);
    const title = `${scenario.name}: ${scenario.title(asked.quick)}`;
    console.log(tableOf(title, product, floor));
    results.push({ name: scenario.name, title, load, product, floor });
  } catch (error) {
    console.log(`${scenario.name}: FAILED: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

async function build(): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'scripts/build.mjs')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code !== 0) {
    console.error('The product could not be built; what is wrong stands above.');
    process.exit(1);
  }
}
