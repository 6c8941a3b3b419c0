import { setTimeout as pause } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import type { Leader } from './leader.ts';

const CONFIRM_EVERY_MS = 1_000;
/** A process that was stopped (SIGSTOP) must not believe it leads on the strength of an old answer. */
const CONFIRMED_FOR_MS = 3_000;

/**
 * The server ends a session that says nothing for 8 s, and a half-open one: then the name is free for another process.
 */
const SESSION =
  '-c idle_session_timeout=8000 -c tcp_keepalives_idle=3 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3';

export function openLeader(config: ClientConfig, name: string): Leader {
  const stop = new AbortController();
  let confirmedMs = -Infinity;
  const term = { confirm: () => (confirmedMs = performance.now()), lose: () => (confirmedMs = -Infinity) };
  const contest = contend(config, name, term, stop.signal);
  return {
    leads: () => performance.now() - confirmedMs < CONFIRMED_FOR_MS,
    close: async () => {
      stop.abort();
      term.lose();
      await contest;
    },
  };
}

interface Term {
  readonly confirm: () => void;
  readonly lose: () => void;
}

async function contend(config: ClientConfig, name: string, term: Term, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const client = new Client({ ...config, query_timeout: 2_000, options: SESSION });
    // The connection is the lead: without it, it is lost at once.
    client.on('error', term.lose);
    client.on('end', term.lose);
    try {
      await client.connect();
      await serve(client, name, term, signal);
    } catch {
      // Away or broken: contend again on a new connection.
    } finally {
      term.lose();
      await Promise.race([client.end().catch(() => {}), pause(1_000, undefined, { ref: false })]);
    }
    await pause(CONFIRM_EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}

async function serve(client: Client, name: string, term: Term, signal: AbortSignal): Promise<void> {
  let leads = false;
  while (!signal.aborted) {
    const askedMs = performance.now();
    leads = leads ? await isAlive(client) : await take(client, name);
    // An answer that took long speaks of the past.
    if (leads && performance.now() - askedMs < CONFIRMED_FOR_MS) term.confirm();
    await pause(CONFIRM_EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}

async function take(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0)) as mine',
    [name],
  );
  return rows[0]?.mine === true;
}

/** The lock is the session's: while it answers, it leads. */
async function isAlive(client: Client): Promise<boolean> {
  await client.query('select 1');
  return true;
}
