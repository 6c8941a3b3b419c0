import { TerminalError } from '@countersign/flow';
import { batched } from './batch.ts';
import type { Accepted, Draft, Intake } from './intake.ts';
import { ACCEPT, EARLIER, UNQUEUE } from './intake-sql.ts';
import { jsonText } from './json-text.ts';
import type { Line, Statement } from './line.ts';
import { ACCEPT_ORIGINALS } from './original-sql.ts';
import { packed } from './originals.ts';
import { toSubmission, type DocumentRow } from './submission-row.ts';

/** Rows that may wait for their statement: 2 s of the goal's 2,000/s; past it 503 is kinder than a longer wait. */
const MAX_WAITING = 5_000;

export function openIntake(hot: Line): Intake {
  const accept = batched<Draft, Accepted>({
    name: 'accept',
    keyOf: (draft) => `${draft.clientId}/${draft.kind}/${draft.naturalId}`,
    run: (drafts) => acceptAll(hot, drafts),
    maxWaiting: MAX_WAITING,
  });
  const acceptDocument = batched<Draft, Accepted>({
    name: 'accept-document',
    keyOf: (draft) => `${draft.clientId}/${draft.kind}/${draft.naturalId}`,
    run: (drafts) => acceptDocuments(hot, drafts),
    maxWaiting: MAX_WAITING,
  });
  return {
    accept: async (draft) => {
      if (draft.body.includes('\0')) throw new TerminalError('UNSTORABLE', 'the body has a NUL character');
      return draft.bytes ? await acceptDocument(draft) : await accept(draft);
    },
    unqueue: async (ids) => {
      await hot.rows(UNQUEUE, [ids]).catch(() => {});
    },
  };
}

async function acceptAll(hot: Line, drafts: readonly Draft[]): Promise<Accepted[]> {
  return await acceptWith(
    hot,
    ACCEPT,
    drafts,
    drafts.map(({ body, facts }) => ({ run: Buffer.from(body), more: facts ? { facts } : {} })),
  );
}

async function acceptDocuments(hot: Line, drafts: readonly Draft[]): Promise<Accepted[]> {
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
): Promise<Accepted[]> {
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
): Promise<Map<number, Accepted>> {
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
  return new Map(rows.map((row) => [row.at, compare(drafts[row.at], row)]));
}

function compare(draft: Draft | undefined, row: DocumentRow & { fingerprint: string }): Accepted {
  // The answer to our own first try was lost; it is the same acceptance.
  if (draft?.id === row.id) return { type: 'created', createdAt: row.created_at };
  const submission = toSubmission(row);
  if (draft?.fingerprint.toLowerCase() !== row.fingerprint) return { type: 'reused', submission };
  return { type: 'replayed', submission, body: row.body, contentType: row.content_type };
}
