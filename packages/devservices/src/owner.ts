import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The user a service runs as, when that is not ourselves. */
export type Owner = { uid: number; gid: number };

/** PostgreSQL refuses to run as root, so root runs it as `nobody`. Undefined for an ordinary user. */
export function serviceOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const ask = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: ask('-u'), gid: ask('-g') };
}

/** True when everybody may walk down to this folder. The home of root (0700), for instance, stops `nobody`. */
export function isReachableByOthers(folder: string): boolean {
  let path = folder;
  while (!existsSync(path)) path = dirname(path);
  path = realpathSync(path);
  // The folder itself will be given to its owner; what counts is the way to it.
  if (path === folder) path = dirname(path);
  for (;;) {
    if ((statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
    path = dirname(path);
  }
}

/** A place below /var/tmp, which outlives a reboot, that belongs to this one path of this one user. */
export function placeInVarTmp(name: string, path: string): string {
  const key = createHash('sha256')
    .update(`${process.getuid?.() ?? ''} ${path}`)
    .digest('hex')
    .slice(0, 12);
  return join('/var/tmp', `countersign-${name}-${key}`);
}
