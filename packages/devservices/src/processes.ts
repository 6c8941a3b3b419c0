import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** True while a process with this id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    // EPERM: it exists and belongs to somebody else (PostgreSQL runs as `nobody` when we are root).
    return error instanceof Error && 'code' in error && error.code === 'EPERM' && !isZombie(pid);
  }
}

// Ended, but not collected by its parent: in a container whose first process collects nobody, orphans stay so for ever.
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] === 'Z';
  } catch {
    return true;
  }
}

/** Sends a signal to a process, or to its whole group; a process that is gone already is fine. */
export function send(pid: number, signal: NodeJS.Signals, group = false): void {
  try {
    process.kill(group ? -pid : pid, signal);
  } catch {
    // ESRCH: it has ended, which is what the signal was for.
  }
}

/** The command name of a running process, or undefined. Process ids are reused: look before you kill one from a file. */
export function commandOf(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined;
  try {
    return execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return commandFromProc(pid);
  }
}

/** The whole command line of a running process, or undefined. */
export function argumentsOf(pid: number): string | undefined {
  if (!(pid > 0) || !isAlive(pid)) return undefined;
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

/** Resolves to true once the process is gone, to false when it is still there after `timeoutMs`. */
export async function goneWithin(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await new Promise((wake) => setTimeout(wake, 10));
  }
  return true;
}

// Slim images have no `ps`.
function commandFromProc(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
