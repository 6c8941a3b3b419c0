import { execFileSync } from 'node:child_process';
import type { Fault } from '../fault.ts';

/** Files may not grow beyond this: less than a segment of the write-ahead log (16 MB), which is what fills up first. */
const MOST_BYTES = 64 * 1024;

/**
 * PostgreSQL cannot write any more. A file system of our own would need a mount, so its processes get a limit on the size
 * of files instead, which PostgreSQL ignores the signal of "so that ulimit violations work like disk full" (postmaster.c):
 * it panics at its log, recovers in vain, and ends. When there is room again it is started again.
 */
export const fault: Fault = {
  name: 'full-disk',
  targets: ({ postgres }) => (postgres && hasPrlimit() ? ['postgres'] : []),
  touches: () => ['postgres'],
  bounds: () => ({ acceptMs: 5_000, lifeMs: 15_000 }),
  holdMs: [1_500, 3_000],
  async inject({ postgres }) {
    const pids = postgres?.pids() ?? [];
    const before = postgres?.panics() ?? 0;
    for (const pid of pids) limit(pid, String(MOST_BYTES));
    return {
      pids: pids.slice(0, 1),
      heal: async () => {
        for (const pid of postgres?.pids() ?? []) limit(pid, 'unlimited');
        const ended = await postgres?.startIfEnded();
        return `${(postgres?.panics() ?? 0) - before} panics${ended === true ? ', and it ended' : ''}`;
      },
    };
  },
};

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The soft limit only: it can be lifted again. A process that has ended meanwhile needs none. */
function limit(pid: number, bytes: string): void {
  try {
    execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`], { stdio: 'ignore' });
  } catch {
    return;
  }
}
