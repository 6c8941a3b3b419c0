import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A folder that is a clone as far as `pnpm dev` can see; `remove()` deletes it. */
export type Copy = { root: string; remove: () => void };

/** A clone with stand-ins for API, worker, simulator and migration: tests of dev itself. */
export function makeCopy(): Copy {
  const copy = emptyCopy();
  const place = (stub: string, path: string): void => {
    mkdirSync(join(copy.root, path, '..'), { recursive: true });
    cpSync(join(ROOT, 'scripts/test/stubs', stub), join(copy.root, path));
  };
  place('api.ts', 'apps/api/src/main.ts');
  place('migrate.ts', 'apps/api/src/migrate.ts');
  place('worker.ts', 'apps/worker/src/main.ts');
  place('simulator.ts', 'apps/simulator/src/main.ts');
  return copy;
}

/** A clone with everything real, and data of its own. */
export function makeRealCopy(): Copy {
  const copy = emptyCopy();
  for (const folder of ['apps', 'packages']) symlinkSync(join(ROOT, folder), join(copy.root, folder));
  return copy;
}

function emptyCopy(): Copy {
  const root = mkdtempSync(join(tmpdir(), 'countersign-dev-'));
  // As root, PostgreSQL runs as `nobody`; what it cannot reach would be put elsewhere, and left there.
  chmodSync(root, 0o755);
  cpSync(join(ROOT, 'scripts/dev'), join(root, 'scripts/dev'), { recursive: true });
  cpSync(join(ROOT, 'scripts/dev.mjs'), join(root, 'scripts/dev.mjs'));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return { root, remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A running `pnpm dev`. */
export type Dev = {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
  url: () => string | undefined;
};

/** Starts `node scripts/dev.mjs` in a copy, with services of its own and no variables of ours. */
export function startDev(
  root: string,
  env: NodeJS.ProcessEnv = {},
  command = [process.execPath, 'scripts/dev.mjs'],
): Dev {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd: root, env: { PATH: process.env['PATH'], ...env }, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  // Not at its exit: what it said last may still be in the pipe.
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, output: () => output, url: () => /^ready (\S+)$/m.exec(output)?.[1] };
}

/** Every process below one, with its children's children, from /proc or ps. */
export async function descendants(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const direct = children.trim().split(' ').filter(Boolean).map(Number);
  return [...direct, ...(await Promise.all(direct.map(descendants))).flat()];
}
