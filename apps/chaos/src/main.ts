import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandOf, readArguments } from './arguments.ts';
import { campaign } from './campaign.ts';
import { finalWord } from './final-word.ts';
import { discoverInvariants, judge } from './invariant.ts';
import { faultTable, invariantTable, sometimesTable, summary, violationText } from './report.ts';
import { sometimes } from './sometimes.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const asked = (() => {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
})();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

if (!asked.skipBuild) await build();
console.log(`seed ${asked.seed}, about ${asked.minutes} minutes; the same again: ${commandOf(asked)}`);
const { ledger, unaskedDeaths, dataDir, possible } = await campaign(asked, root, progress).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
});
const file = join(root, '.data/chaos', `${asked.seed}.json`);
mkdirSync(join(root, '.data/chaos'), { recursive: true });
// Before it is judged: a judge that stumbles over it must find it there.
writeFileSync(file, JSON.stringify({ asked, ledger }));
const verdicts = judge(ledger, await discoverInvariants());
const seen = sometimes(ledger, asked.long);
const violations = verdicts.flatMap((verdict) => verdict.violations);
const text = [
  faultTable(ledger, possible),
  invariantTable(verdicts, possible),
  sometimesTable(seen, possible),
  summary(ledger, unaskedDeaths),
  violationText(ledger, violations),
].join('\n\n');
console.log(`\n${text}\n`);
writeFileSync(file, JSON.stringify({ asked, verdicts, sometimes: seen, unaskedDeaths, ledger }));
console.log(`the whole ledger: ${file}; what each process said: ${dataDir}/*.log`);
const word = finalWord({ verdicts, seen, unaskedDeaths, isQuiet: ledger.quietMs !== null, possible });
console.log(word.text);
process.exit(word.exitCode);

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line}`);
  else process.stderr.write(`${line}\n`);
}

async function build(): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'scripts/build.mjs')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code === 0) return;
  console.error('The product could not be built; what is wrong stands above.');
  process.exit(2);
}
