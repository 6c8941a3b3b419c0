import { expect, test } from 'vitest';
import { newId } from '../src/index.ts';
import { draft, shelf } from './shelf.ts';

const here = shelf();
const DAY_MS = 86_400_000;
/** One for all of these tests: midnight may come between any two lines. */
const NOW_MS = Date.now();
const today = (shift = 0) =>
  `original_${new Date(NOW_MS + shift * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
const document = (id = newId(NOW_MS)) =>
  draft(here.clientId, { id, kind: 'receipt', body: '', bytes: Buffer.from('<a/>') });
const placeOf = async (id: string) =>
  (
    await here.query<{ place: string }>(
      'select tableoid::regclass::text as place from original where submission_id = $1',
      [id],
    )
  )[0]?.place;

test('a document that comes before its day is made is kept all the same; its day stays where it is, the next ones are made once', async () => {
  const early = document();
  await here.store.intake.accept(early);
  expect(await placeOf(early.id)).toBe('original_rest');
  const [one, other] = await Promise.all([here.store.days.makeAhead(NOW_MS, 3), here.store.days.makeAhead(NOW_MS, 3)]);
  expect([...one, ...other].sort()).toEqual([today(1), today(2)]);
  expect(await here.store.days.makeAhead(NOW_MS, 3)).toEqual([]);
  expect(Buffer.from((await here.store.cellar.document(early.id)) ?? [])).toEqual(Buffer.from('<a/>'));
});

test('a document goes to the day its id names, and is found there and only there', async () => {
  const id = newId(NOW_MS + DAY_MS);
  await here.store.intake.accept(document(id));
  expect(await placeOf(id)).toBe(today(1));
  expect(await here.store.cellar.document(id)).toBeDefined();
  const plan = await here.query<Record<string, string>>(
    `explain select bytes from original where submission_id = '${id}'`,
  );
  expect(plan.map((line) => Object.values(line)[0]).join(' ')).not.toContain('original_rest');
});
