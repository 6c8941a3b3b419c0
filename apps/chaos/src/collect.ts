import { readBooks } from './books.ts';
import { KINDS } from './kinds/kinds.ts';
import { ownerOf } from './kinds/provisioning-job.ts';
import { CLIENTS } from './load/plan.ts';
import { each } from './each.ts';
import type { Desk } from './load/desk.ts';
import {
  KIND_NAMES,
  type Feed,
  type KindName,
  type Ledger,
  type Letter,
  type Listing,
  type Op,
  type Story,
  type TimelineEntry,
} from './ledger.ts';
import { acceptedOps } from './readings.ts';
import { ADMIN_KEY } from './settings.ts';
import { objectIn, type Caller } from './stage/http.ts';

const MOST_FEED_ANSWERS = 2_000;

/** Reads timelines, lists, feeds, dead letters and all third parties' books. */
export async function collect(
  ledger: Ledger,
  desk: Desk,
  keys: ReadonlyMap<string, string>,
  simulatorUrl: string,
): Promise<void> {
  const caller = desk.callers[0];
  if (!caller) return;
  const find = finder(ledger);
  const pairs = CLIENTS.flatMap((client) => KIND_NAMES.map((kind) => [client, kind] as const));
  const keyOf = (client: string): string => keys.get(client) ?? '';
  ledger.listings = await each(pairs, ([client, kind]) => listingOf(caller, client, kind, keyOf(client), find));
  await readUnanswered(ledger, desk, caller);
  ledger.stories = await each(ledger.ops.filter(isReadable(ledger)), (op) =>
    storyOf(caller, desk.pathOf(op) ?? '', op, keyOf(op.client)),
  );
  const fed = pairs.filter(([, kind]) => kind === 'provisioning-job' || kind === 'cost-job');
  ledger.feeds = await each(fed, ([client, kind]) => feedOf(caller, client, kind, keyOf(client), find));
  const bySubmission = new Map(
    ledger.listings.flatMap(({ items }) => items.map(({ submissionId, op }) => [submissionId, op] as const)),
  );
  const opOf = (id: string): number | undefined => find.bySubmission.get(id) ?? bySubmission.get(id) ?? undefined;
  const books = await readBooks(simulatorUrl, opOf, (name) =>
    find.byName(ownerOf(name).client, 'provisioning-job', ownerOf(name).id),
  );
  ledger.books = books.pages;
  ledger.files = books.files;
  ledger.letters = await lettersOf(caller);
  const waiting = new Set(ledger.letters.map(({ id }) => id));
  for (const one of ledger.redrives) one.stillThere = waiting.has(one.letter);
}

/** Whoever was never answered and stands in a list was accepted: how does it stand? */
async function readUnanswered(ledger: Ledger, desk: Desk, caller: Caller): Promise<void> {
  const accepted = new Set(acceptedOps(ledger).map(({ n }) => n));
  const ops = new Map(ledger.ops.map((op) => [op.n, op]));
  const found = ledger.listings.flatMap(({ items }) => items).filter(({ op }) => op !== null && !accepted.has(op));
  await each(found, async ({ op: n, submissionId }) => {
    const op = ops.get(n ?? -1);
    if (!op) return;
    desk.learn(op, submissionId);
    await desk.read(op, caller, 'final');
  });
}

/** Accepted, or found in a list. */
function isReadable(ledger: Ledger): (op: Op) => boolean {
  const accepted = new Set(acceptedOps(ledger));
  const listed = new Set(ledger.listings.flatMap(({ items }) => items.map(({ op }) => op)));
  return (op) => accepted.has(op) || listed.has(op.n);
}

interface Finder {
  readonly bySubmission: ReadonlyMap<string, number>;
  byName(client: string, kind: KindName, id: unknown): number | undefined;
}

/**
 * Whose a submission is: by the ids that clients were answered, by the letterbox it was told to (an answer of 503 may have been
 * accepted all the same), or by the name the client gave it.
 */
function finder(ledger: Ledger): Finder {
  const names = new Map(ledger.ops.map(({ client, kind, id, n }) => [`${client}/${kind}/${id}`, n]));
  return {
    bySubmission: new Map([
      ...ledger.deliveries.flatMap(({ submissionId, op }) =>
        submissionId === null || op === null ? [] : [[submissionId, op] as const],
      ),
      ...ledger.attempts.flatMap(({ submissionId, body, op }) =>
        submissionId === undefined || body === 'other' ? [] : [[submissionId, op] as const],
      ),
    ]),
    byName: (client, kind, id) => names.get(`${client}/${kind}/${String(id)}`),
  };
}

async function storyOf(caller: Caller, path: string, op: Op, key: string): Promise<Story> {
  const answer = await caller.call('GET', `${path}/timeline`, key);
  const data = answer.outcome === 'answered' ? objectIn(answer.text)['data'] : undefined;
  // The timeline of contract section 7; a missing one is a story without entries, which the invariants complain about.
  return { op: op.n, entries: Array.isArray(data) ? (data as TimelineEntry[]) : [] };
}

async function listingOf(caller: Caller, client: string, kind: KindName, key: string, find: Finder): Promise<Listing> {
  const items: { id: string; submissionId: string; op: number | null }[] = [];
  let cursor = '';
  for (;;) {
    const answer = await caller.call('GET', `/v1/${KINDS[kind].path}?limit=1000${cursor}`, key);
    if (answer.outcome !== 'answered' || answer.status !== 200) return { client, kind, items };
    const { data, nextCursor } = objectIn(answer.text);
    // Resources of contract section 3.2.
    for (const { id, submissionId, request } of data as {
      id: string;
      submissionId: string;
      request: Record<string, unknown> | null;
    }[]) {
      const op =
        find.bySubmission.get(submissionId) ??
        find.byName(client, kind, await nameOf(caller, kind, key, { id, request: request ?? {} }));
      items.push({ id, submissionId, op: op ?? null });
    }
    if (typeof nextCursor !== 'string') return { client, kind, items };
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
  }
}

/** What the client calls it: for whom no answer and no callback ever reached. */
async function nameOf(
  caller: Caller,
  kind: KindName,
  key: string,
  { id, request }: { readonly id: string; readonly request: Record<string, unknown> },
): Promise<unknown> {
  const { path, idIn, idInDocument } = KINDS[kind];
  if (!idInDocument) return idIn(request);
  const answer = await caller.call('GET', `/v1/${path}/${id}/document`, key);
  return answer.outcome === 'answered' && answer.status === 200 ? idInDocument(answer.text) : undefined;
}

/** Reads a feed as its clients do, until an answer is empty. */
async function feedOf(caller: Caller, client: string, kind: KindName, key: string, find: Finder): Promise<Feed> {
  const answers: { op: number | null; code: number }[][] = [];
  while (answers.length < MOST_FEED_ANSWERS) {
    const answer = await caller.call('GET', `/v1/${KINDS[kind].path}`, key);
    const items: unknown = answer.outcome === 'answered' && answer.status === 200 ? JSON.parse(answer.text) : [];
    if (!Array.isArray(items) || items.length === 0) break;
    // Items of contract section 3.2.
    const told = items as { code: number; content: { request: Record<string, unknown> | null } }[];
    answers.push(
      told.map(({ code, content }) => ({
        code,
        op: find.byName(client, kind, KINDS[kind].idIn(content.request ?? {})) ?? null,
      })),
    );
  }
  return { client, kind, answers };
}

/** What was given up on, all of it. */
export async function lettersOf(caller: Caller): Promise<Letter[]> {
  const letters: Letter[] = [];
  let cursor = '';
  for (;;) {
    const answer = await caller.call('GET', `/v1/dead-letters?limit=1000${cursor}`, ADMIN_KEY);
    if (answer.outcome !== 'answered' || answer.status !== 200) return letters;
    const { data, nextCursor } = objectIn(answer.text);
    for (const { at, ...letter } of data as (Omit<Letter, 'at'> & { at: string })[])
      letters.push({ ...letter, at: Date.parse(at) });
    if (typeof nextCursor !== 'string') return letters;
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
  }
}
