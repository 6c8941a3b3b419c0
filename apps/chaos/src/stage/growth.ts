import { readdirSync, readFileSync } from 'node:fs';
import { Client } from 'pg';
import type { Growth } from '../ledger.ts';
import { onRedis } from './redis-command.ts';
import { CLIENT_LINK_NAMES, type Stage } from './stage.ts';

const EVERY_MS = 5_000;
const PATIENCE_MS = 2_000;
const PAGE_BYTES = 4_096;

/** Looks every 5 s at what processes and stores hold. `stop` looks once more. */
export function sampleGrowth(samples: Growth[], stage: Stage): { stop(): Promise<void> } {
  const look = async (): Promise<void> => {
    const [redisMb, sessions] = await Promise.all([redisMbOf(stage), sessionsOf(stage.databaseUrl)]);
    samples.push({ at: Date.now(), processes: processesOf(stage), redisMb, ...sessions });
  };
  let looking = look();
  const timer = setInterval(() => (looking = looking.then(look)), EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await looking;
      await look();
    },
  };
}

function processesOf(stage: Stage): Growth['processes'] {
  const found: Record<string, { pid: number; mb: number; files: number }> = {};
  for (const [name, pid] of Object.entries(stage.roots())) {
    if (name === 'harness' || name === 'postgres' || pid === 0) continue;
    try {
      const resident = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
      found[name] = { pid, mb: (resident * PAGE_BYTES) / 1024 ** 2, files: filesOf(stage, name, pid) };
    } catch {
      // It has ended, or this system has no /proc.
      continue;
    }
  }
  return found;
}

/** What it opened itself. Connections that our own clients keep open are theirs: those made while it was frozen stay for a minute. */
function filesOf({ links }: Stage, name: string, pid: number): number {
  const theirs = CLIENT_LINK_NAMES.find((link) => link === `clients-${name}`);
  return readdirSync(`/proc/${pid}/fd`).length - (theirs ? links[theirs].connections() : 0);
}

async function redisMbOf(stage: Stage): Promise<number | null> {
  const info = await within(onRedis(stage, (redis) => redis.info('memory')));
  const bytes = /used_memory:(\d+)/.exec(info ?? '')?.[1];
  return bytes === undefined ? null : Number(bytes) / 1024 ** 2;
}

const SESSIONS = `select count(*)::integer as connections,
  coalesce(max(extract(epoch from clock_timestamp() - state_change) * 1000) filter (where state = 'idle in transaction'), 0)::float8 as idle
  from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;

async function sessionsOf(connectionString: string): Promise<Pick<Growth, 'connections' | 'idleInTransactionMs'>> {
  const client = new Client({ connectionString, connectionTimeoutMillis: PATIENCE_MS, query_timeout: PATIENCE_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ connections: number; idle: number }>(SESSIONS);
    return { connections: rows[0]?.connections ?? null, idleInTransactionMs: rows[0]?.idle ?? null };
  } catch {
    return { connections: null, idleInTransactionMs: null };
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function within<T>(work: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS, undefined));
  return await Promise.race([work.catch(() => undefined), late]);
}
