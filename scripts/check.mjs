// `pnpm check`: types, lint and unit tests at the same time, a line for each as it ends, the whole output of what failed.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const PARTS = {
  types: ['node_modules/.bin/tsc', '-p', 'tsconfig.json'],
  lint: ['node', 'packages/lint/bin.mjs'],
  'import table': ['node', 'scripts/check-imports.ts'],
  cycles: ['node', 'scripts/check-cycles.ts'],
  'unit tests': ['node_modules/.bin/vitest', 'run', '-c', 'vitest.unit.config.ts'],
};

const startedAt = performance.now();
const results = await Promise.all(Object.entries(PARTS).map(([name, command]) => run(name, command)));
const failed = results.filter((result) => !result.passed);
for (const { name, output } of failed) console.log(`\n── ${name} ──\n${output.trimEnd()}`);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(
  failed.length === 0
    ? `\nall good in ${seconds} s`
    : `\n${failed.map((result) => result.name).join(', ')} failed (${seconds} s)`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

function run(name, [command, ...args]) {
  const begun = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command === 'node' ? process.execPath : command, args, {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' },
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.once('error', (error) => (output += error.message));
    child.once('close', (code) => {
      const passed = code === 0;
      const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(5);
      console.log(`${passed ? '✓' : '✗'} ${name.padEnd(12)} ${seconds} s`);
      resolve({ name, passed, output });
    });
  });
}
