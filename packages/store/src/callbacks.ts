import type { CallbackClaim, CallbackEnd, Cellar, ClaimedCallback, Entry, Snapshot, Status } from '@countersign/flow';
import { isFinal } from '@countersign/flow';
import { batched } from './batch.ts';
import { CLAIM, END } from './callback-sql.ts';
import { snapshotAt } from './change-row.ts';
import { jsonText } from './json-text.ts';
import type { Line } from './line.ts';
import { newId } from './new-id.ts';
import type { Sealer } from './seal.ts';
import { secretsAt, type StoredSecret } from './webhook-secret.ts';

interface Asked {
  readonly submission: string;
  readonly holder: string;
  readonly lease_ms: number;
}

interface ClaimRow {
  readonly submission: string;
  /** null, as is all of the callback: none is waiting. */
  readonly id: string | null;
  readonly type: string;
  readonly version: number;
  readonly url: string;
  readonly client_id: string;
  readonly called_at: number;
  readonly snapshot: Snapshot;
  readonly body: string | null;
  readonly natural_id: string;
  readonly kind: string;
  readonly created_at: number;
  readonly standing: Status;
  readonly due_at: number;
  readonly held_until: number | null;
  readonly disabled: boolean;
  readonly now: number;
  readonly attempts: number;
  readonly claimed: boolean;
  readonly mine: boolean | null;
  readonly request: string | null;
  readonly content_type: string | null;
  readonly webhook_secrets: readonly StoredSecret[] | null;
}

interface Ended {
  readonly callback: ClaimedCallback;
  readonly holder: string;
  readonly end: CallbackEnd;
  readonly entry: Entry;
}

/** Two claimed at the same moment: the other one has it by now, and its lease is known when we ask again. */
const MISSED_MS = 250;

/** Claims as the batch brings them: the client's secrets may be sealed still. */
type Claimed = CallbackClaim | 'again';

export function openCallbacks(hot: Line, sealer: Sealer): Pick<Cellar, 'claimCallback' | 'endCallback'> {
  const claim = batched<Asked, Claimed>({
    name: 'claim',
    keyOf: ({ submission }) => submission,
    run: (asked) => claimAll(hot, asked),
  });
  const end = batched<Ended, void>({
    name: 'end',
    keyOf: ({ callback }) => callback.identity.id,
    run: (ended) => endAll(hot, ended),
  });
  return {
    claimCallback: async (submission, holder, leaseMs) => {
      for (;;) {
        const found = await claim({ submission, holder, lease_ms: leaseMs });
        // One to a disabled URL was put aside; the next may be claimed.
        if (found === 'again') continue;
        return found.type === 'claimed' ? { ...found, callback: withOpenSecrets(found.callback, sealer) } : found;
      }
    },
    endCallback: (callback, holder, endOfIt, entry) => end({ callback, holder, end: endOfIt, entry }),
  };
}

/** Each for itself: one that cannot be opened here must not keep the others of its batch. */
function withOpenSecrets(callback: ClaimedCallback, sealer: Sealer): ClaimedCallback {
  return { ...callback, secrets: callback.secrets.map((secret) => sealer.open(secret, callback.clientId)) };
}

async function claimAll(hot: Line, asked: readonly Asked[]): Promise<Claimed[]> {
  const rows = await hot.rows<ClaimRow>(CLAIM, [jsonText(asked)]);
  const bySubmission = new Map(rows.map((row) => [row.submission, row]));
  return asked.map(({ submission }) => {
    const row = bySubmission.get(submission);
    return row ? toClaim(row) : { type: 'none', settled: true };
  });
}

function toClaim(row: ClaimRow): Claimed {
  if (row.id === null) return { type: 'none', settled: isFinal(row.standing) };
  const held = (row.held_until ?? 0) > row.now;
  const attempt = held && row.mine === true ? row.attempts : row.attempts + 1;
  if (row.claimed) return { type: 'claimed', callback: toCallback(row, row.id, attempt) };
  if (row.disabled && !held) return 'again';
  const untilMs = (held ? (row.held_until ?? 0) : row.due_at) - row.now;
  return { type: 'later', inMs: untilMs > 0 ? untilMs : MISSED_MS };
}

function toCallback(row: ClaimRow, id: string, attempt: number): ClaimedCallback {
  return {
    id,
    type: row.type,
    url: row.url,
    clientId: row.client_id,
    attempt,
    body: row.body,
    createdAt: row.called_at,
    identity: { id: row.submission, kind: row.kind, naturalId: row.natural_id, createdAt: row.created_at },
    snapshot: snapshotAt(row.snapshot, row.called_at),
    // Empty: a document, whose bytes are kept elsewhere, even where they are JSON.
    requestJson: isJson(row.content_type) && row.request ? row.request : 'null',
    secrets: secretsAt(row.webhook_secrets ?? [], row.now),
  };
}

function isJson(contentType: string | null): boolean {
  return contentType !== null && /^application\/([\w.+-]+\+)?json\b/i.test(contentType);
}

async function endAll(hot: Line, ended: readonly Ended[]): Promise<void[]> {
  await hot.rows(END, [jsonText(ended.map(endRow))]);
  return ended.map(() => undefined);
}

function endRow({ callback, holder, end, entry }: Ended) {
  const dead = end.type === 'dead' ? { letter: newId(), code: end.code, message: end.message } : {};
  const message = `${callback.url} answered 410: it gets nothing more until it is set again`;
  const gone = end.type === 'gone' ? { letter: newId(), code: 'ENDPOINT_GONE', message } : {};
  return {
    submission: callback.identity.id,
    id: callback.id,
    version: callback.snapshot.version,
    holder,
    verdict: end.type,
    ...('inMs' in end ? { in_ms: Math.ceil(Math.max(0, end.inMs)) } : {}),
    ...('body' in end ? { body: end.body } : {}),
    // An attempt that was not made leaves no line.
    ...(end.type === 'unspent' ? {} : { entries: [entry] }),
    ...dead,
    ...gone,
  };
}
