import type { Change } from '@countersign/flow';
import { until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { FEED_LOCK } from '../src/commit-sql.ts';
import { BadCursor, openStore, type Feed, type FeedItem } from '../src/index.ts';
import { accepted, DONE, LOST, OPEN, shelf } from './shelf.ts';

const here = shelf();
let kinds = 0;
/** Each test reads a feed of its own. */
const newFeed = (): Feed => ({ clientId: here.clientId, kind: `kind-${(kinds += 1)}` });

const ending = (n: number): Change => ({ ...DONE, callbacks: [], results: [{ code: 200, response: { n } }] });
const finish = async ({ kind }: Feed, from: number, to: number) => {
  for (let n = from; n <= to; n += 1) await accepted(here, [OPEN, ending(n)], { kind, body: `{"ask":${n}}` });
};
const said = (items: readonly FeedItem[]) => items.map(({ response }) => (JSON.parse(response) as { n: number }).n);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test('an end and its result are one commit: at most 10 per read, oldest first, each taken once', async () => {
  const feed = newFeed();
  await finish(feed, 1, 12);
  const first = await here.store.results.take(feed);
  expect(said(first)).toEqual(range(1, 10));
  expect(first[0]).toMatchObject({ code: 200, request: '{"ask":1}', response: '{"n":1}' });
  expect(said(await here.store.results.take(feed))).toEqual([11, 12]);
  expect(await here.store.results.take(feed)).toEqual([]);
});

test('what was taken can be read again after a cursor, which takes nothing', async () => {
  const feed = newFeed();
  await finish(feed, 1, 12);
  const [one, , three] = await here.store.results.take(feed);
  expect(said(await here.store.results.after(feed, one?.cursor ?? ''))).toEqual(range(2, 11));
  expect(said(await here.store.results.after(feed, '0'))).toEqual(range(1, 10));
  expect(said(await here.store.results.after(feed, three?.cursor ?? ''))).toEqual(range(4, 12));
  expect(said(await here.store.results.take(feed))).toEqual([11, 12]);
});

test('a cursor nobody gave out is a BadCursor', async () => {
  for (const cursor of ['', 'x', '-1', '1e3', '1'.repeat(19)])
    await expect(here.store.results.after(newFeed(), cursor)).rejects.toThrow(BadCursor);
});

test('readers at the same time get different results, and all of them together', async () => {
  const feed = newFeed();
  await finish(feed, 1, 60);
  const other = openStore({ databaseUrl: here.url, applicationName: 'other' });
  const readAll = async (store: typeof other): Promise<number[]> => {
    const items = await store.results.take(feed);
    return items.length === 0 ? [] : [...said(items), ...(await readAll(store))];
  };
  const read = await Promise.all([here.store, other, here.store, other, here.store].map(readAll));
  // One that found all rows in others' hands went home early; whatever is left is still there.
  const all = [...read.flat(), ...(await readAll(here.store))];
  expect(all.toSorted((a, b) => a - b)).toEqual(range(1, 60));
  await other.close();
});

test("other clients' and other kinds' results are not in it", async () => {
  const feed = newFeed();
  await finish(feed, 1, 1);
  const { client } = await here.store.clients.create({ name: 'second' });
  expect(await here.store.results.take({ ...feed, clientId: client.id })).toEqual([]);
  expect(await here.store.results.after({ ...feed, kind: 'another' }, '0')).toEqual([]);
  expect(said(await here.store.results.take(feed))).toEqual([1]);
});

test('a cursor skips nothing: a result waits for its turn until the one before it is committed', async () => {
  const feed = newFeed();
  const early = await accepted(here, [OPEN], { kind: feed.kind });
  const late = await accepted(here, [OPEN], { kind: feed.kind });
  // A commit under way, as the statement does it: the turn, then the number.
  await here.query('begin');
  await here.query('select pg_advisory_xact_lock($1)', [FEED_LOCK]);
  await here.query(
    `insert into result (submission_id, client_id, kind, code, response, created_at)
     values ($1, $2, $3, 200, '{"n":1}', now())`,
    [early.id, feed.clientId, feed.kind],
  );
  let over = false;
  const second = here.store.cellar.commit(late, ending(2)).finally(() => (over = true));
  const waiting = `select 1 from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())`;
  await until(async () => over || (await here.query(waiting)).length > 0);
  expect(said(await here.store.results.after(feed, '0'))).toEqual([]);
  await here.query('commit');
  await second;
  expect(said(await here.store.results.after(feed, '0'))).toEqual([1, 2]);
});

test('a change that loses leaves no result', async () => {
  const feed = newFeed();
  const submission = await accepted(here, [OPEN], { kind: feed.kind });
  expect(await here.store.cellar.commit(submission, ending(1))).toBeDefined();
  expect(await here.store.cellar.commit(submission, ending(2))).toBeUndefined();
  expect(said(await here.store.results.take(feed))).toEqual([1]);
});

test('an operator who settles it speaks in the feed too', async () => {
  const feed = newFeed();
  const { id } = await accepted(here, [OPEN, LOST], { kind: feed.kind });
  const result = { code: 200, response: { n: 7 } };
  await here.store.submissions.resolve(id, { status: 'COMPLETED', reason: 'seen there', actor: 'ann', result });
  expect(said(await here.store.results.take(feed))).toEqual([7]);
});

test('kept 14 days, taken or not', async () => {
  const feed = newFeed();
  const days = 86_400_000;
  await finish(feed, 1, 3);
  await here.query(
    `update result set created_at = now() - interval '14 days 1 minute' where kind = $1 and
    response ->> 'n' = '1'`,
    [feed.kind],
  );
  await here.query(
    `update result set created_at = now() - interval '13 days 23 hours' where kind = $1 and
    response ->> 'n' = '2'`,
    [feed.kind],
  );
  expect(await here.store.results.purge(14 * days)).toBe(1);
  expect(said(await here.store.results.after(feed, '0'))).toEqual([2, 3]);
});
