import { TerminalError, type ArchiveReader } from '@countersign/flow';
import { batched } from './batch.ts';
import { StoreAway } from './errors.ts';
import type { Accepted, Draft, Intake } from './intake.ts';
import { ACCEPT, EARLIER, UNQUEUE } from './intake-sql.ts';
import { jsonText } from './json-text.ts';
import type { Line, Statement } from './line.ts';
import { archivedUnder, filesOfId } from './open-archive.ts';
import { ACCEPT_ORIGINALS } from './original-sql.ts';
import { packed } from './originals.ts';
import { toSubmission, type DocumentRow } from './submission-row.ts';

/** Rows that may wait for their statement: 2 s of the goal's 2,000/s; past it 503 is kinder than a longer wait. */
const MAX_WAITING = 5_000;

export function openIntake(hot: Line, archive: ArchiveReader, onAccepted: (rows: number) => void): Intake {
  const told = <T>(found: readonly T[]): readonly T[] => (onAccepted(found.length), found);
  const accept = batched<Draft, Found>({
    name: 'accept',
    keyOf: (draft) => `${draft.clientId}/${draft.kind}/${draft.naturalId}`,
    run: async (drafts) => told(await acceptAll(hot, drafts)),
    maxWaiting: MAX_WAITING,
  });
  const acceptDocument = batched<Draft, Found>({
    name: 'accept-document',
    keyOf: (draft) => `${draft.clientId}/${draft.kind}/${draft.naturalId}`,
    run: async (drafts) => told(await acceptDocuments(hot, drafts)),
    maxWaiting: MAX_WAITING,
  });
  return {
    accept: async (draft) => {
      if (draft.body.includes('\0')) throw new TerminalError('UNSTORABLE', 'the body has a NUL character');
      const found = draft.bytes ? await acceptDocument(draft) : await accept(draft);
      // Read here and not for the whole batch: the others' answers must not wait for an object store.
      return found.type === 'archived' ? await fromArchive(hot, archive, draft, found.id) : found;
    },
    unqueue: async (ids) => {
      await hot.rows(UNQUEUE, [ids]).catch(() => {});
    },
  };
}

/** As the rows tell it; a receipt that was moved to the archive is known by its id only. */
type Found = Accepted | { readonly type: 'archived'; readonly id: string };

async function fromArchive(hot: Line, archive: ArchiveReader, draft: Draft, id: string): Promise<Accepted> {
  const { clientId, kind } = draft;
  const found = await archive.find(await filesOfId(hot, { clientId, kind, id }), id);
  // Its key is kept before it is moved, so it must be in a file by now.
  if (!found) throw new StoreAway(`submission ${id} is on its way into the archive`);
  const { submission, contentType, fingerprint } = found;
  if (draft.fingerprint.toLowerCase() !== fingerprint) return { type: 'reused', submission };
  return { type: 'replayed', submission, body: '', contentType };
}

async function acceptAll(hot: Line, drafts: readonly Draft[]): Promise<Found[]> {
  return await acceptWith(
    hot,
    ACCEPT,
    drafts,
    drafts.map(({ body, facts }) => ({ run: Buffer.from(body), more: facts ? { facts } : {} })),
  );
}

async function acceptDocuments(hot: Line, drafts: readonly Draft[]): Promise<Found[]> {
  const packs = drafts.map(({ bytes = NOTHING, facts }) => ({
    run: packed(bytes),
    more: { original: bytes.length, facts },
  }));
  return await acceptWith(hot, ACCEPT_ORIGINALS, drafts, packs);
}

const NOTHING = new Uint8Array();

async function acceptWith(
  hot: Line,
  statement: Statement,
  drafts: readonly Draft[],
  packs: readonly { readonly run: Buffer; readonly more: object }[],
): Promise<Found[]> {
  // PostgreSQL counts from 1.
  let start = 1;
  const rows = drafts.map((draft, at) => ({
    id: draft.id,
    client_id: draft.clientId,
    kind: draft.kind,
    natural_id: draft.naturalId,
    fingerprint: draft.fingerprint,
    size: packs[at]?.run.length,
    start: (start += packs[at - 1]?.run.length ?? 0),
    content_type: draft.contentType,
    callback_url: draft.callbackUrl,
    traceparent: draft.traceparent,
    queued: draft.queued,
    ...packs[at]?.more,
  }));
  const bytes = Buffer.concat(packs.map(({ run }) => run));
  const made = await hot.rows<{ id: string; created_at: number }>(statement, [jsonText(rows), bytes]);
  const madeAt = new Map(made.map((row) => [row.id, row.created_at]));
  const earlier = await findEarlier(hot, drafts, madeAt);
  return drafts.map((draft, at) => {
    const createdAt = madeAt.get(draft.id);
    const accepted = createdAt === undefined ? earlier.get(at) : { type: 'created' as const, createdAt };
    if (accepted) return accepted;
    throw new TerminalError('ID_TAKEN', `submission ${draft.id} exists under another key`, { id: draft.id });
  });
}

async function findEarlier(
  hot: Line,
  drafts: readonly Draft[],
  madeAt: ReadonlyMap<string, number>,
): Promise<Map<number, Found>> {
  const wanted = drafts
    .map((draft, at) => ({
      at,
      id: draft.id,
      client_id: draft.clientId,
      kind: draft.kind,
      natural_id: draft.naturalId,
    }))
    .filter((draft) => !madeAt.has(draft.id));
  if (wanted.length === 0) return new Map();
  const rows = await hot.rows<DocumentRow & { at: number; fingerprint: string }>(EARLIER, [jsonText(wanted)]);
  const found = new Map<number, Found>(rows.map((row) => [row.at, compare(drafts[row.at], row)]));
  for (const [at, { clientId, kind, naturalId, bytes }] of drafts.entries()) {
    if (bytes === undefined || found.has(at) || !wanted.some((one) => one.at === at)) continue;
    const id = await archivedUnder(hot, { clientId, kind, naturalId });
    if (id !== undefined) found.set(at, { type: 'archived', id });
  }
  return found;
}

function compare(draft: Draft | undefined, row: DocumentRow & { fingerprint: string }): Accepted {
  // The answer to our own first try was lost; it is the same acceptance.
  if (draft?.id === row.id) return { type: 'created', createdAt: row.created_at };
  const submission = toSubmission(row);
  if (draft?.fingerprint.toLowerCase() !== row.fingerprint) return { type: 'reused', submission };
  return { type: 'replayed', submission, body: row.body, contentType: row.content_type };
}
