import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { until } from '@countersign/testkit';
import { Client } from 'pg';
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
  async inject({ postgres, databaseUrl }) {
    const pids = postgres?.pids() ?? [];
    const before = postgres?.panics() ?? 0;
    const limited = pids.filter((pid) => limit(pid, String(MOST_BYTES)));
    if (limited.length === 0) throw new Error('prlimit may not limit PostgreSQL here');
    return {
      pids: pids.slice(0, 1),
      heal: async () => {
        let ended = false;
        // It may still be about to end, of a recovery that met the limit.
        const accepts = async (): Promise<boolean> => {
          for (const pid of postgres?.pids() ?? []) limit(pid, 'unlimited');
          ended = (await postgres?.startIfEnded()) === true || ended;
          return await canConnect(databaseUrl);
        };
        await until(accepts, { timeoutMs: 30_000, label: 'PostgreSQL to have room again' });
        return `${(postgres?.panics() ?? 0) - before} panics${ended ? ', and it ended' : ''}`;
      },
    };
  },
};

async function canConnect(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
  return true;
}

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The soft limit only: it can be lifted again. Set as the process's own user, since even root may not for another's. Whether it could be. */
function limit(pid: number, bytes: string): boolean {
  try {
    const { uid, gid } = statSync(`/proc/${pid}`);
    execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`], { stdio: 'ignore', uid, gid });
    return true;
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
