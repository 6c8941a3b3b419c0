import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A build of the product: what its processes run. */
export interface Release {
  /** As the report calls it. */
  readonly name: string;
  /** Its checkout; the deployables lie in `apps/<app>/dist`. */
  readonly root: string;
}

/** What the processes of a campaign may run: they begin with the first. `from`: another revision than this checkout. */
export function releasesOf(
  root: string,
  from: string | undefined,
  say: (text: string) => void,
): readonly [Release, ...Release[]] {
  const own = { name: 'this build', root };
  return from === undefined ? [own] : [buildRelease(root, from, say), own];
}

/**
 * Builds another revision of this repository beside it, once: its files, its own packages by its own lockfile, its own build script.
 * @param ref what git knows it by: a tag, a commit, `HEAD~20`.
 * @throws Error when git has no such revision here, or with what its installation or build said last.
 */
function buildRelease(root: string, ref: string, say: (text: string) => void): Release {
  const name = revisionOf(root, ref);
  const into = join(root, '.data/chaos/builds', name);
  const release = { name, root: into };
  if (existsSync(join(into, 'apps/worker/dist/main.js'))) return release;
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  say(`the files of ${name}`);
  const files = execFileSync('git', ['archive', '--format=tar', name], { cwd: root, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-xf', '-'], { cwd: into, input: files });
  say(`the packages of ${name}`);
  run(into, 'npx', ['-y', pnpmOf(into), 'install', '--frozen-lockfile']);
  say(`building ${name}`);
  run(into, process.execPath, ['scripts/build.mjs']);
  return release;
}

function revisionOf(root: string, ref: string): string {
  try {
    const args = ['rev-parse', '--short=10', '--verify', '--end-of-options', `${ref}^{commit}`];
    return execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    throw new Error(
      `git knows no revision ${ref} here; --from wants a tag or commit of this repository (a shallow clone: git fetch --unshallow)`,
    );
  }
}

/** What its package.json pins. */
function pnpmOf(folder: string): string {
  const { packageManager } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    packageManager?: string;
  };
  return packageManager ?? 'pnpm';
}

function run(cwd: string, program: string, args: readonly string[]): void {
  // Of the environment only what finds programs and caches: settings of a test or a harness are not for it.
  const { PATH = '', HOME = '' } = process.env;
  try {
    execFileSync(program, args, { cwd, env: { PATH, HOME, CI: 'true' }, stdio: 'pipe', maxBuffer: 2 ** 26 });
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout).slice(-2_000) : '';
    const cause = error instanceof Error && 'stderr' in error ? String(error.stderr).slice(-2_000) : '';
    throw new Error(`${program} ${args.join(' ')} failed in ${cwd}:\n${said}${cause}`, { cause: error });
  }
}
