import { createLog } from '@countersign/process';
import type { Registration, Submission } from '@countersign/flow';
import type { Depth } from '@countersign/queue';
import { until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { dispatch } from '../src/dispatcher.ts';
import { createRounds } from '../src/rounds.ts';
import { sweep, ticketsFor } from '../src/sweep.ts';

const log = createLog({ level: 'silent', name: 'test' });

const registration = (more: Partial<Registration>): Registration => ({
  leg: 'registry',
  provider: 'registry',
  status: 'PENDING',
  reference: null,
  idempotencyKey: 'k',
  attempts: 0,
  tellingSince: null,
  ambiguousUntil: null,
  told: false,
  looks: 0,
  dueAt: null,
  lookingSince: null,
  failure: null,
  updatedAt: 0,
  ...more,
});

const submission = (more: Partial<Submission>): Submission => ({
  id: 's1',
  kind: 'transaction',
  clientId: 'c1',
  naturalId: 'n1',
  status: 'PROCESSING',
  version: 2,
  failure: null,
  facts: {},
  registrations: [],
  callbackUrl: null,
  traceparent: null,
  createdAt: 0,
  updatedAt: 0,
  settledAt: null,
  ...more,
});

const steps = (
  more: Partial<Submission>,
  besides: { callbackDue?: boolean; webhooks?: { id: string; leg: string }[] } = {},
) =>
  ticketsFor({ submission: submission(more), callbackDue: false, webhooks: [], ...besides }).map(
    ({ step, leg, webhook }) => [step, leg ?? webhook].join(' ').trim(),
  );

test('an overdue submission gets the ticket it needs, by where it stands', () => {
  expect(steps({ status: 'PENDING' })).toEqual(['record']);
  expect(steps({ registrations: [registration({})] })).toEqual(['register registry']);
  expect(steps({ registrations: [registration({ told: true })] })).toEqual(['poll registry']);
  expect(
    steps({ registrations: [registration({ leg: 'tax', status: 'DONE' }), registration({ leg: 'warehouse' })] }),
  ).toEqual(['register warehouse']);
  expect(steps({ registrations: [registration({ status: 'DONE' })] })).toEqual(['record']);
  expect(steps({ status: 'UNRESOLVED', registrations: [registration({ status: 'UNRESOLVED', dueAt: 1 })] })).toEqual([
    'poll registry',
  ]);
  expect(steps({ status: 'UNRESOLVED', registrations: [registration({ status: 'UNRESOLVED' })] })).toEqual([]);
  expect(steps({ status: 'COMPLETED' }, { callbackDue: true })).toEqual(['notify']);
  expect(steps({ registrations: [registration({})] }, { webhooks: [{ id: 'w', leg: 'registry' }] })).toEqual([
    'settle registry',
  ]);
});

test('the dispatcher takes no more than there is room for, and gives back what Redis did not take', async () => {
  const asked: number[] = [];
  const unqueued: string[] = [];
  const agenda = {
    take: (room: number) => {
      asked.push(room);
      return Promise.resolve(
        ['a', 'b', 'c'].slice(0, room).map((id) => ({ id, kind: 'transaction', clientId: 'c', traceparent: null })),
      );
    },
    unqueue: (ids: readonly string[]) => Promise.resolve(void unqueued.push(...ids)),
  };
  expect(await dispatch(agenda, { room: () => 0, startFlow: () => Promise.resolve() }, log)).toBe(false);
  expect(await dispatch(agenda, { room: () => 2, startFlow: () => Promise.resolve() }, log)).toBe(true);
  const away = ({ id }: { id: string }) => (id === 'b' ? Promise.reject(new Error('away')) : Promise.resolve());
  expect(await dispatch(agenda, { room: () => 3, startFlow: away }, log)).toBe(false);
  expect(asked).toEqual([2, 3]);
  expect(unqueued).toEqual(['b']);
});

test('whose last rows came with the batch goes first; who brought a full share has more waiting', async () => {
  const rows = ['crowd', 'few', 'crowd', 'crowd', 'few'].map((clientId, n) => ({
    id: `${clientId} ${n}`,
    kind: 'transaction',
    clientId,
    traceparent: null,
  }));
  const agenda = { take: () => Promise.resolve(rows), unqueue: () => Promise.resolve() };
  const firsts: string[] = [];
  const startFlow = async ({ id }: { id: string }, options?: { readonly first?: boolean }) => {
    if (options?.first) firsts.push(id);
    await Promise.resolve();
  };
  await dispatch(agenda, { room: () => 5, startFlow }, log);
  expect(firsts).toEqual(['few 1', 'few 4']);
});

test('a sweep that cannot reach Redis looks again soon; with the queues full it still reminds of some', async () => {
  const asked: number[] = [];
  const pushed: string[] = [];
  const agenda = {
    overdue: (limit: number) => {
      asked.push(limit);
      return Promise.resolve([{ submission: submission({}), callbackDue: false, webhooks: [] }]);
    },
    push: (ids: readonly string[]) => Promise.resolve(void pushed.push(...ids)),
  };
  const away = () => Promise.reject(new Error('away'));
  await sweep(agenda, { room: () => 0, remind: away, backlog: away }, log);
  expect(asked).toEqual([50]);
  expect(pushed).toEqual(['s1']);
});

test.each([
  ['nothing waits: what is overdue is reminded at once', 0, 600_000, 0],
  ['a backlog of 40 s: what is late by less is taken to wait in it', 10, 40_000, 40_000],
  ['however old the job looks, no longer than a minute', 10, 600_000, 60_000],
])('%s', async (_, waiting, oldestMs, patienceMs) => {
  const asked: unknown[] = [];
  const agenda = {
    overdue: (_limit: number, options?: object) => {
      asked.push(options);
      return Promise.resolve([]);
    },
    push: () => Promise.resolve(),
  };
  const depth: Depth = { waiting, active: 0, delayed: 0, failed: 0, waitingForChildren: 0, oldestMs };
  const backlog = () =>
    Promise.resolve({ record: depth, register: depth, poll: depth, settle: depth, conclude: depth, notify: depth });
  await sweep(agenda, { room: () => 500, remind: () => Promise.resolve(), backlog }, log);
  expect(asked).toEqual([{ patienceMs }]);
});

test('only the leader makes rounds; a round that fails is made again; closing ends the loop', async () => {
  let leads = false;
  let asked = 0;
  let made = 0;
  const rounds = createRounds('test', {
    everyMs: 5,
    leads: () => {
      asked += 1;
      return leads;
    },
    round: () => ((made += 1) === 1 ? Promise.reject(new Error('no')) : Promise.resolve(false)),
    log,
  });
  await until(() => asked > 3);
  expect(made).toBe(0);
  leads = true;
  await until(() => made > 2);
  await rounds.close();
  const atClose = { asked, made };
  // Another with the same timer goes on: by its sixth round the closed one would have been there too.
  let others = 0;
  const other = createRounds('other', {
    everyMs: 5,
    leads: () => true,
    round: () => {
      others += 1;
      return Promise.resolve(false);
    },
    log,
  });
  await until(() => others > 5);
  await other.close();
  expect({ asked, made }).toEqual(atClose);
});
