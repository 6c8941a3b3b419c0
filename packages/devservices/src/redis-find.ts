import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onPath } from './on-path.ts';
import { aptMachine, fetchWithApt } from './redis-apt.ts';
import { dockerAnswers } from './redis-docker.ts';

/** A way to run Redis: a program with the environment it needs, or docker. */
export type FoundRedis = { kind: 'program'; path: string; env: NodeJS.ProcessEnv } | { kind: 'docker' };

// Kept inside the clone: nothing is installed on the machine, and deleting `.data` undoes it.
const DOWNLOADS = fileURLToPath(new URL('../../../.data/tools', import.meta.url));

/**
 * Looks for a Redis server: PATH, a private download by apt, docker.
 * @throws Error that names the three ways to get one.
 */
export async function findRedis(path = process.env['PATH'] ?? '', downloads = DOWNLOADS): Promise<FoundRedis> {
  const installed = onPath(path, ['valkey-server', 'redis-server']);
  if (installed !== undefined) return { kind: 'program', path: installed, env: {} };
  const reasons: string[] = [];
  const machine = aptMachine(path);
  if (machine !== undefined) {
    try {
      return { kind: 'program', ...(await fetchWithApt(machine, join(downloads, 'redis'))) };
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (onPath(path, ['docker']) !== undefined && (await dockerAnswers())) return { kind: 'docker' };
  throw new Error(redisMissing(reasons));
}

/** What to tell a person whose machine has no Redis and cannot get one by itself. */
export function redisMissing(reasons: string[]): string {
  const tried = reasons.map(
    (reason) => `  (a private download by apt was tried: ${reason.trim().split('\n').join('\n   ')})`,
  );
  return [
    'No Redis here: neither valkey-server nor redis-server is on the PATH, and docker does not answer.',
    ...tried,
    'Three ways to get one:',
    '  1. install it:     brew install valkey   (macOS)   or   sudo apt-get install redis-server   (Debian, Ubuntu)',
    '  2. use docker:     start it and repeat this command, which then runs Redis in a container; or docker compose up for everything',
    '  3. use any other:  start again with REDIS_URL=redis://host:port   (Redis 6.2 or newer, maxmemory-policy noeviction)',
  ].join('\n');
}
