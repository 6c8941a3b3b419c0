import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KIND, midnight, openArchiveStage, tapped, type ArchiveStage } from './archive-stage.ts';

let stage: ArchiveStage;
beforeAll(async () => {
  stage = await openArchiveStage();
});
afterAll(() => stage?.close());

const HOUR = 3_600_000;
const made = new Map<string, Buffer>();

/** A day of its own: three receipts, one of them of yesterday's straggling kind. */
async function fill(daysAgo: number): Promise<void> {
  const day = midnight(daysAgo);
  await stage.makeDay(day);
  for (let at = 0; at < 3; at += 1) {
    const { id, bytes } = await stage.receipt({ atMs: day + at * HOUR, end: at === 2 ? 'UNRESOLVED' : 'COMPLETED' });
    made.set(id, bytes);
  }
}

/** Nothing lost, nothing doubled: every receipt is in the database or in one file; the newest day's are shown with their bytes. */
async function expectAll(when: string, most = 3): Promise<void> {
  const page = await stage.store.submissions.list({ clientId: stage.clientId, kind: KIND, limit: 1_000 });
  expect(
    page.items.map(({ submission }) => submission.id),
    when,
  ).toEqual([...made.keys()].sort().reverse());
  for (const [id, bytes] of [...made].slice(-most))
    expect((await stage.shown(id))?.document.equals(bytes), `${id} ${when}`).toBe(true);
  const archived = await stage.plain.query('select coalesce(sum(rows), 0)::integer as n from archive_file');
  expect((await stage.count('submission')) + archived.rows[0].n, when).toBe(made.size);
  const { rows } = await stage.plain.query('select files::integer, rows::integer from archive');
  expect(rows[0].rows, when).toBe(archived.rows[0].n);
}

/** After a run that came to its end the folder holds what the database says, and nothing else. */
async function expectTidy(): Promise<void> {
  const { rows } = await stage.plain.query<{ path: string }>('select path from archive_file order by path');
  expect((await stage.files()).sort()).toEqual(rows.map(({ path }) => path));
  expect(await stage.count('archive_intent')).toBe(0);
}

test('the job fails at each of its steps in turn: nothing is lost or doubled, and the next run ends what it began', async () => {
  const steps: string[] = [];
  await fill(100);
  await stage.run((hands) => tapped(hands, async (step) => void steps.push(step)));
  expect(steps).toEqual(
    expect.arrayContaining(['days', 'keepKeys', 'pick', 'intend', 'put', 'get', 'move', 'dropDay', 'sweepUp']),
  );
  for (const [at, name] of steps.entries()) {
    await fill(101 + at);
    let left = at;
    const failing = stage.run((hands) =>
      tapped(hands, async () => {
        left -= 1;
        if (left < 0) throw new Error('killed');
      }),
    );
    await expect(failing, name).rejects.toThrow('killed');
    await expectAll(`after dying before step ${at} (${name})`);
  }
  await stage.run();
  await expectAll('at the end', Infinity);
  await expectTidy();
  expect(await stage.count('submission')).toBe(steps.length + 1);
});

test.each([
  ['put', 2],
  ['move', undefined],
  ['move', 1],
  ['move', 6],
  ['dropDay', 2],
])('kill -9 at %s (%s ms into it): nothing is lost or doubled', async (step, ms) => {
  await fill(200 + made.size);
  const file = fileURLToPath(new URL('./archive-dying.ts', import.meta.url));
  const child = spawn(process.execPath, [file, step, ...(ms === undefined ? [] : [String(ms)])], {
    env: { ...process.env, DATABASE_URL: stage.databaseUrl, FOLDER: stage.folder },
    stdio: 'inherit',
  });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  // What it had said to PostgreSQL is done to its end, and its lock is free only then.
  const sessions = `select from pg_stat_activity where datname = current_database() and application_name = 'archive-dying'`;
  await until(async () => (await stage.plain.query(sessions)).rowCount === 0, { label: 'its sessions to end' });
  await expectAll('after kill -9');
  await stage.run();
  await expectAll('after the next run');
  await expectTidy();
});
