/**
 * Microseconds per row of the hot statements at 200 callers, ours and PostgreSQL's, on a durable server of our own.
 * `node --import tsx packages/store/test/bench.ts [rows] [rows that lie there before]`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@countersign/devservices';
import type { Change, ClaimedCallback, LoadedSubmission } from '@countersign/flow';
import { Client } from 'pg';
import { migrate, newId, openStore, type Draft } from '../src/index.ts';

const ROWS = Number(process.argv[2] ?? 20_000);
const BEFORE = Number(process.argv[3] ?? 0);
const CALLERS = 200;
const CLIENT = newId();
const TICK_US = 10_000;

const dataDir = await mkdtemp(join(tmpdir(), 'store-bench-'));
const server = await startPostgres({ dataDir, settings: { shared_buffers: '256MB', max_wal_size: '2GB' } });
await migrate(server.url);
const plain = new Client({ connectionString: server.url });
await plain.connect();
if (BEFORE > 0) await layDown(BEFORE);
const store = openStore({ databaseUrl: server.url, applicationName: 'bench' });
const body = JSON.stringify({ amount: '12.50', currency: 'EUR', metadata: { text: 'x "quoted" '.repeat(170) } });

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** CPU of the server and all its children, living and dead, in microseconds. */
function serverCpuUs(): number {
  const ticksOf = (pid: string): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const own = Number(fields[11]) + Number(fields[12]);
    return pid === String(server.pid) ? own + Number(fields[13]) + Number(fields[14]) : own;
  };
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1];
      if (pid === String(server.pid) || parent === String(server.pid)) ticks += ticksOf(pid);
    } catch {
      // It ended while we looked.
    }
  }
  return ticks * TICK_US;
}

async function crowd<T, R>(label: string, rows: readonly T[], work: (row: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const [cpu, theirs, started] = [process.cpuUsage(), serverCpuUs(), performance.now()];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < rows.length) {
      const at = next++;
      const row = rows[at];
      if (row !== undefined) results[at] = await work(row);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const wallMs = performance.now() - started;
  const own = process.cpuUsage(cpu);
  const per = (us: number): string => (us / rows.length).toFixed(1).padStart(7);
  say(
    `${label.padEnd(22)} wall ${per(wallMs * 1000)} us  node ${per(own.user + own.system)} us  postgres ${per(serverCpuUs() - theirs)} us` +
      `  ${Math.round((rows.length / wallMs) * 1000)}/s`,
  );
  return results;
}

async function layDown(count: number): Promise<void> {
  say(`laying down ${count} submissions`);
  await plain.query(
    `insert into submission (id, client_id, kind, natural_id, status, created_at, updated_at, fingerprint, facts)
     select gen_random_uuid(), $1, 'transaction', 'old-' || n, 'COMPLETED', now(), now(), '\\x00', '{}'
     from generate_series(1, $2::int) n`,
    [CLIENT, count],
  );
  await plain.query(`insert into document select id, 'application/json', repeat('x', 1900) from submission`);
  await plain.query(`insert into registration (submission_id, leg, provider, idempotency_key, status, updated_at)
    select id, 'registry', 'registry', 'k', 'DONE', now() from submission`);
  await plain.query(`insert into history select id, 2, now(), '[]' from submission`);
  await plain.query(`insert into agenda select id, client_id, kind, now() + interval '1 day', true from submission`);
}

const drafts: Draft[] = Array.from({ length: ROWS }, () => {
  const id = newId();
  return {
    id,
    kind: 'transaction',
    clientId: CLIENT,
    naturalId: id,
    fingerprint: id.replaceAll('-', ''),
    body,
    contentType: 'application/json',
    callbackUrl: 'http://127.0.0.1:1/hook',
    traceparent: null,
    queued: true,
  };
});
const FIRST: Change = {
  status: 'PROCESSING',
  registrations: [
    {
      leg: 'registry',
      provider: 'registry',
      idempotencyKey: 'k:registry',
      attempts: 1,
      telling: true,
      dueInMs: null,
      looks: 1,
    },
  ],
  entries: [
    { type: 'status', from: 'PENDING', to: 'PROCESSING' },
    { type: 'registration.opened', provider: 'registry' },
    { type: 'look', provider: 'registry', attempt: 1, requestId: newId(), durationMs: 1, to: 'none', statusCode: 404 },
    { type: 'attempt.started', provider: 'registry', attempt: 1 },
  ],
  agendaInMs: 12_000,
};
const SECOND: Change = {
  status: 'COMPLETED',
  registrations: [
    { leg: 'registry', status: 'DONE', told: true, telling: false, ambiguousInMs: null, reference: 'r', dueInMs: null },
  ],
  entries: [
    {
      type: 'attempt',
      provider: 'registry',
      attempt: 1,
      requestId: newId(),
      durationMs: 1,
      to: 'done',
      statusCode: 200,
    },
    { type: 'status', from: 'PROCESSING', to: 'COMPLETED' },
  ],
  callbacks: [{ type: 'transaction.completed' }],
};
const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('missing');
  return value;
};
const { cellar } = store;
const begun = { theirs: serverCpuUs(), cpu: process.cpuUsage() };
await crowd('accept (2 kB)', drafts, (one) => store.intake.accept(one));
const loaded = await crowd('load', drafts, async ({ id }): Promise<LoadedSubmission> => must(await cellar.load(id)));
const first = await crowd('commit 1 (opens)', loaded, async (s) => must(await cellar.commit(s, FIRST)));
await crowd('commit 2 (settles)', first, async (s) => must(await cellar.commit(s, SECOND)));
const claimed = await crowd('claim', drafts, async ({ id }): Promise<ClaimedCallback> => {
  const claim = await cellar.claimCallback(id, 'bench', 20_000);
  if (claim.type !== 'claimed') throw new Error(claim.type);
  return claim.callback;
});
await crowd('end (delivered)', claimed, (c) =>
  cellar.endCallback(
    c,
    'bench',
    { type: 'delivered' },
    { type: 'callback', attempt: 1, requestId: c.id, durationMs: 1, statusCode: 200, to: c.type },
  ),
);
await crowd('claim (none left)', drafts, ({ id }) => cellar.claimCallback(id, 'bench', 20_000));
const own = process.cpuUsage(begun.cpu);
say(
  `a life                 node ${((own.user + own.system) / ROWS).toFixed(1)} us, postgres ${((serverCpuUs() - begun.theirs) / ROWS).toFixed(1)} us`,
);
const hot = await plain.query(
  `select relname, n_tup_upd as updates, n_tup_hot_upd as hot, pg_size_pretty(pg_total_relation_size(relid)) as size
   from pg_stat_user_tables where n_tup_ins > 100 order by relname`,
);
for (const row of hot.rows) say(JSON.stringify(row));
await store.close();
await plain.end();
await server.stop();
await rm(dataDir, { recursive: true, force: true });
