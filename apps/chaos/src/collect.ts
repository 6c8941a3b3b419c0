import { CLIENTS } from './load/plan.ts';
import { LETTERBOXES } from './load/sink.ts';
import type { Desk } from './load/desk.ts';
import type { Ledger, Listing, Op, Page, Story, TimelineEntry } from './ledger.ts';
import { acceptedOps, finalOf, isFinal } from './readings.ts';
import { objectIn, type Caller } from './stage/http.ts';

const AT_ONCE = 16;
const LOOK_EVERY_MS = 1_000;
/** Nothing new for this long, and every end is there: it is quiet. */
const QUIET_MS = 4_000;

/** Waits until every accepted op has its end and every willing letterbox has heard of it. Writes the final readings. */
export async function untilQuiet(ledger: Ledger, desk: Desk, say: (text: string) => void): Promise<void> {
  const deadline = Date.now() + ledger.settings.quietWithinMs;
  const open = new Map(acceptedOps(ledger).map((op) => [op.n, op]));
  let [seen, since] = [-1, Date.now()];
  for (;;) {
    await each([...open.values()], async (op) => {
      const caller = desk.callers[op.n % desk.callers.length];
      if (!caller) return;
      const { state } = await desk.read(op, caller, 'final');
      if (state !== undefined && isFinal(state)) open.delete(op.n);
    });
    const untold = acceptedOps(ledger).filter((op) => !open.has(op.n) && expectsCallback(op) && !hasHeard(ledger, op));
    const moved = ledger.deliveries.length + open.size;
    if (moved !== seen) [seen, since] = [moved, Date.now()];
    say(`waiting until it is quiet: ${open.size} without a final status, ${untold.length} not told`);
    const calm = Date.now() - since > QUIET_MS;
    // What stays UNRESOLVED has told its client so; it may go on being looked at.
    const stuck = [...open.values()].every((op) => finalOf(ledger, op)?.state === 'UNRESOLVED');
    if (calm && untold.length === 0 && stuck) {
      ledger.quietMs = Date.now();
      return;
    }
    if (Date.now() > deadline) return;
    await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
  }
}

export function expectsCallback(op: Op): boolean {
  return op.letterbox !== null && LETTERBOXES[op.letterbox]?.willing === true;
}

function hasHeard(ledger: Ledger, op: Op): boolean {
  const final = finalOf(ledger, op)?.state;
  return ledger.deliveries.some((one) => one.op === op.n && one.state === final && typeof one.answered === 'number' && one.answered < 300);
}

/** Reads timelines, lists, dead letters and the registry's books. */
export async function collect(ledger: Ledger, desk: Desk, keys: ReadonlyMap<string, string>, adminKey: string, simulatorUrl: string): Promise<void> {
  const caller = desk.callers[0];
  if (!caller) return;
  ledger.stories = await each(acceptedOps(ledger), (op) => storyOf(caller, op, keys.get(op.client) ?? ''));
  ledger.listings = await Promise.all(CLIENTS.map((client) => listingOf(caller, client, keys.get(client) ?? '')));
  ledger.books = await booksOf(simulatorUrl);
  const letters = await caller.call('GET', '/v1/dead-letters?limit=1000', adminKey);
  const data = letters.outcome === 'answered' ? objectIn(letters.text)['data'] : undefined;
  ledger.deadLetters = Array.isArray(data) ? data.length : 0;
}

async function storyOf(caller: Caller, op: Op, key: string): Promise<Story> {
  const answer = await caller.call('GET', `/v1/transactions/${encodeURIComponent(op.id)}/timeline`, key);
  const data = answer.outcome === 'answered' ? objectIn(answer.text)['data'] : undefined;
  // The timeline of contract section 7; a missing one is a story without entries, which the invariants complain about.
  return { op: op.n, entries: Array.isArray(data) ? (data as TimelineEntry[]) : [] };
}

async function listingOf(caller: Caller, client: string, key: string): Promise<Listing> {
  const items: { id: string; submissionId: string }[] = [];
  let cursor = '';
  for (;;) {
    const answer = await caller.call('GET', `/v1/transactions?limit=1000${cursor}`, key);
    if (answer.outcome !== 'answered' || answer.status !== 200) return { client, items };
    const { data, nextCursor } = objectIn(answer.text);
    // Resources of contract section 3.2.
    for (const { id, submissionId } of data as { id: string; submissionId: string }[]) items.push({ id, submissionId });
    if (typeof nextCursor !== 'string') return { client, items };
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
  }
}

async function booksOf(simulatorUrl: string): Promise<Page[]> {
  const answer = await fetch(`${simulatorUrl}/_sim/registry/effects`);
  // The simulator's own books: see apps/simulator/src/registry/books.ts.
  return ((await answer.json()) as { data: Page[] }).data;
}

async function each<T, R>(of: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const slot = async (): Promise<void> => {
    while (next < of.length) {
      const at = next;
      next += 1;
      const one = of[at];
      if (one !== undefined) results[at] = await work(one);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, slot));
  return results;
}
