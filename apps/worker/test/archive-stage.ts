import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchiveReader, openObjectStore, type ObjectStore } from '@countersign/archive';
import { iso, keyedId, type Change } from '@countersign/flow';
import { createLog } from '@countersign/process';
import { migrate, newId, openStore, type ArchiveJob, type Draft, type Store } from '@countersign/store';
import { testDatabase } from '@countersign/testkit';
import { Client } from 'pg';
import { archiveDays, type ArchiveReport } from '../src/archive/archive-days.ts';

const DAY_MS = 86_400_000;
export const KIND = 'receipt';
const log = createLog({ level: 'silent', name: 'test' });

/** The midnight (UTC) that began so many days ago. */
export function midnight(daysAgo: number): number {
  return (Math.floor(Date.now() / DAY_MS) - daysAgo) * DAY_MS;
}

export interface OldReceipt {
  readonly atMs: number;
  readonly clientId?: string;
  readonly key?: string;
  readonly document?: Uint8Array | string;
  readonly contentType?: string;
  readonly facts?: Draft['facts'];
  readonly end?: 'COMPLETED' | 'FAILED' | 'UNRESOLVED' | 'PROCESSING';
}

/** A database with old receipts, a folder, and the archive job between them. */
export async function openArchiveStage() {
  const database = await testDatabase({ migrate });
  const folder = await mkdtemp(join(tmpdir(), 'countersign-archive-'));
  const reader = createArchiveReader({ type: 'folder', path: folder });
  const store = openStore({ databaseUrl: database.url, applicationName: 'archive-test', archive: reader });
  const plain = new Client({ connectionString: database.url });
  await plain.connect();
  const objects = await openObjectStore({ type: 'folder', path: folder });
  const { client } = await store.clients.create({ name: 'a shop' });
  return {
    store,
    plain,
    folder,
    objects,
    clientId: client.id,
    databaseUrl: database.url,
    makeDay: (ms: number) => store.days.makeAhead(ms, 1),
    receipt: (what: OldReceipt) => receipt(store, plain, client.id, what),
    /** Everything the product shows of it. */
    shown: (id: string, clientId = client.id) => shown(store, clientId, id),
    /** `settleMs`: 0 where nobody else accepts meanwhile. */
    run: (through: Through = (ports) => ports, settleMs = 0) => run(store, objects, through, settleMs),
    files: async () => (await readdir(folder, { recursive: true })).filter((name) => name.includes('parquet')),
    count: async (table: string) => Number((await plain.query(`select count(*) as n from ${table}`)).rows[0].n),
    async close() {
      await plain.end();
      await reader.close();
      await store.close();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}

export type ArchiveStage = Awaited<ReturnType<typeof openArchiveStage>>;
export interface Hands {
  readonly job: ArchiveJob;
  readonly objects: ObjectStore;
}
type Through = (hands: Hands) => Hands;

/** One run of the job, as archive-now.ts does it. */
async function run(store: Store, objects: ObjectStore, through: Through, settleMs: number): Promise<ArchiveReport> {
  const job = await store.archive.openJob();
  if (!job) throw new Error('another job is at it');
  try {
    const hands = through({ job, objects });
    return await archiveDays({ ...hands, log, kind: KIND, afterDays: 30, nowMs: Date.now(), settleMs });
  } finally {
    await job.close();
  }
}

/** An id as it would have been made then. */
export function idThen(atMs: number): string {
  const hex = atMs.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}${newId().slice(13)}`;
}

const LEGS = [
  { leg: 'tax', provider: 'tax', idempotencyKey: 'k-tax' },
  { leg: 'warehouse', provider: 'warehouse', idempotencyKey: 'k-warehouse' },
];

/** Accepted, walked to its end, and dated back. */
export async function receipt(store: Store, plain: Client, own: string, what: OldReceipt) {
  const { atMs, clientId = own, end = 'COMPLETED', facts } = what;
  const id = idThen(atMs);
  const bytes = Buffer.from(what.document ?? `{"n":"${id}"}`);
  const draft: Draft = {
    id,
    kind: KIND,
    clientId,
    naturalId: keyedId(what.key ?? id),
    fingerprint: createHash('sha256').update(bytes).digest('hex'),
    body: '',
    bytes,
    ...(facts ? { facts } : {}),
    contentType: what.contentType ?? 'application/json',
    callbackUrl: null,
    traceparent: null,
    queued: true,
  };
  await store.intake.accept(draft);
  const status = { type: 'status', from: 'PENDING', to: 'PROCESSING' };
  const changes: Change[] = [
    { status: 'PROCESSING', registrations: LEGS, entries: [status] },
    ...(end === 'PROCESSING' ? [] : [endOf(end)]),
  ];
  for (const change of changes) {
    const loaded = await store.cellar.load(id);
    if (!loaded || !(await store.cellar.commit(loaded, change))) throw new Error(`${id} could not be moved`);
  }
  await backdate(plain, id, atMs);
  return { id, bytes, draft };
}

function endOf(end: 'COMPLETED' | 'FAILED' | 'UNRESOLVED'): Change {
  const failure = { code: 'REFUSED_BY_TAX', provider: 'tax', message: 'тест "quoted" \\ 🧾' };
  const standing = { COMPLETED: 'DONE', FAILED: 'REFUSED', UNRESOLVED: 'UNRESOLVED' } as const;
  return {
    status: end,
    ...(end === 'COMPLETED' ? { facts: { fiscalCode: 'F-1', receiptTypeVersion: 2 } } : { failure }),
    registrations: LEGS.map(({ leg }) => ({
      leg,
      status: standing[end],
      reference: `${leg}-1`,
      told: true,
      attempts: 1,
      dueInMs: null,
    })),
    entries: [
      { type: 'attempt', provider: 'tax', attempt: 1, requestId: 'r-1', statusCode: 201, durationMs: 12.5 },
      { type: 'status', from: 'PROCESSING', to: end },
    ],
    ...(end === 'UNRESOLVED' ? { agendaInMs: null } : {}),
  };
}

async function backdate(plain: Client, id: string, atMs: number): Promise<void> {
  const then = iso(atMs);
  await plain.query(
    `update submission set created_at = $2, updated_at = $2::timestamptz + interval '2 s',
       settled_at = case when settled_at is null then null else $2::timestamptz + interval '2 s' end where id = $1`,
    [id, then],
  );
  await plain.query(`update history set at = $2::timestamptz + version * interval '1 s' where submission_id = $1`, [
    id,
    then,
  ]);
  await plain.query('update registration set updated_at = $2 where submission_id = $1', [id, then]);
  await plain.query(
    `insert into callback (submission_id, id, client_id, type, version, url, status, attempts, due_at, created_at, ended_at, snapshot)
     select id, gen_random_uuid(), client_id, 'receipt.completed', 3, 'https://client.test/hook', 'DELIVERED', 1, $2, $2, $2, '{}'
     from submission where id = $1 and status in ('COMPLETED', 'FAILED')`,
    [id, then],
  );
}

async function shown(store: Store, clientId: string, id: string) {
  const found = await store.submissions.find({ clientId, kind: KIND, id });
  if (!found) return undefined;
  return {
    ...found,
    timeline: await store.submissions.timeline(id, found.submission),
    document: Buffer.from((await store.submissions.document(found.submission)) ?? ''),
  };
}

/** Every step of the job, seen before it is done; `objects.put` of the mark counts as any other. */
export function tapped({ job, objects }: Hands, before: (step: string) => Promise<void>): Hands {
  const tap = <T extends object>(hands: T): T =>
    new Proxy(hands, {
      get: (target, name) => {
        const own: unknown = Reflect.get(target, name);
        if (typeof own !== 'function') return own;
        return async (...given: unknown[]) => {
          await before(String(name));
          return await Reflect.apply(own, target, given);
        };
      },
    });
  return { job: tap(job), objects: tap(objects) };
}
