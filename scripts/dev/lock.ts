import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argumentsOf } from '@countersign/devservices';

/**
 * Takes `.data/dev.pid`, so that two `pnpm dev` never work on the same data.
 * @returns the function that gives it back.
 * @throws Error naming the other one.
 */
export function lock(dataDir: string): () => void {
  const file = join(dataDir, 'dev.pid');
  const other = claim(file);
  if (other === undefined) return () => rmSync(file, { force: true });
  throw new Error(
    `\`pnpm dev\` already runs in this folder (process ${other}). Use that one, stop it (Ctrl-C, or kill ${other}), or start from another clone: two clones run side by side.`,
  );
}

/**
 * Writes our process id into a new file, or into one whose owner has ended.
 * @returns undefined when it is ours now, else the process id of the dev that has it.
 */
export function claim(file: string): number | undefined {
  for (let attempt = 0; ; attempt += 1) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return undefined;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST') || attempt > 0) throw error;
    }
    const other = Number(readFileSync(file, 'utf8'));
    // Process ids are used again: only another dev counts. An empty file is one that is being written.
    if (other === 0 || (other !== process.pid && (argumentsOf(other) ?? '').includes('dev.mjs'))) return other;
    rmSync(file, { force: true });
  }
}
