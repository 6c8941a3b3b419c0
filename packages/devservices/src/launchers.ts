import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isAlive } from './processes.ts';

const LOOK_EVERY_MS = 500;
const LAUNCHER = /^(npx|npm|pnpm|yarn|sh|dash|bash|node|npm exec.*)$/;

/**
 * Calls `onGone` once when one of the programs that launched us (npx, its sh, pnpm) has ended. A SIGTERM to `npx` ends
 * npx and its sh only and would leave everything below them running.
 * @returns the function that stops watching.
 */
export function watchLaunchers(onGone: () => void): () => void {
  const pids = launchers();
  const timer = setInterval(() => {
    if (pids.every(isAlive)) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

// Up to, and not including, the first ancestor that npm did not start: the shell the person typed the command into may
// well end before us (nohup, a closed terminal with disown), and that is not our business.
function launchers(): number[] {
  const found: number[] = [];
  let pid = process.ppid;
  let known = 0;
  for (let depth = 0; depth < 6 && pid > 1; depth += 1) {
    const parent = ancestor(pid);
    if (parent === undefined || !LAUNCHER.test(parent.name)) break;
    found.push(pid);
    if (/^(npx|npm|pnpm)/.test(parent.name)) known = found.length;
    pid = parent.ppid;
  }
  return found.slice(0, known);
}

function ancestor(pid: number): { name: string; ppid: number } | undefined {
  try {
    if (process.platform === 'linux') return fromProc(pid);
    const [ppid = '', ...name] = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return { name: (name.join(' ').split('/').at(-1) ?? '').trim(), ppid: Number(ppid) };
  } catch {
    return undefined;
  }
}

function fromProc(pid: number): { name: string; ppid: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // "pid (name) state ppid …": the name may hold spaces and brackets.
  const end = stat.lastIndexOf(')');
  return { name: stat.slice(stat.indexOf('(') + 1, end), ppid: Number(stat.slice(end + 2).split(' ')[1]) };
}
