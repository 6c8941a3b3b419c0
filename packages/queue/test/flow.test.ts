import { done, RetryableError, TerminalError, wait, type Ticket } from '@countersign/flow';
import { until } from '@countersign/testkit';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { jobId, type Run } from '../src/index.ts';
import { consumerOn, onExit, producerOn, ready, stage, ticketOf } from './stage.ts';
import { testRedis } from '@countersign/testkit';

const emptied = async (producer: Awaited<ReturnType<typeof stage>>['producer']): Promise<boolean> => {
  const backlog = await producer.backlog();
  return Object.values(backlog).every((q) => q.waiting + q.active + q.delayed + q.waitingForChildren === 0);
};

test('a flow runs its child, then its root, and leaves nothing in the queues', async () => {
  const { producer, steps } = await stage();
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => steps().length === 2);
  expect(steps()).toEqual(['record', 'conclude']);
  await until(() => emptied(producer));
});

test('a child that fails for good (F1): the root still runs, and is told why in a second visit', async () => {
  const { producer, visits } = await stage((ticket) =>
    ticket.step === 'record'
      ? Promise.reject(new TerminalError('BROKEN_PLAN', 'no such leg'))
      : Promise.resolve(ticket.lost === undefined ? { type: 'done', also: [], unsettled: true } : done()),
  );
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  const last = await until(() => visits.find(({ ticket }) => ticket.lost !== undefined));
  expect(visits.map(({ ticket }) => ticket.step)).toEqual(['record', 'conclude', 'conclude']);
  expect(last.ticket.lost).toBe('BROKEN_PLAN: no such leg');
});

test('a root with its books open whose children all ended well is not told that one was lost', async () => {
  const { producer, visits } = await stage((ticket) =>
    Promise.resolve(ticket.step === 'conclude' ? { type: 'done', also: [], unsettled: true } : done()),
  );
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => emptied(producer));
  expect(visits).toHaveLength(2);
});

test('children added at run time: the root waits for every one of them', async () => {
  const legs = ['tax', 'warehouse'];
  const run: Run = (ticket) =>
    Promise.resolve(
      ticket.step === 'record'
        ? done(
            legs.map((leg) => ({
              ticket: { ...ticket, step: 'register', leg },
              inMs: leg === 'tax' ? 0 : 200,
              as: 'child',
            })),
          )
        : done(),
    );
  const { producer, visits } = await stage(run);
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => visits.some(({ ticket }) => ticket.step === 'conclude'));
  const [first, ...rest] = visits.map(({ ticket }) => ticket.leg ?? ticket.step);
  expect([first, rest.pop(), rest.sort()]).toEqual(['record', 'conclude', legs]);
});

test('a wait parks the job and spends no attempt (L7); a failure spends one and comes back later', async () => {
  let waits = 0;
  let failures = 0;
  const run: Run = (ticket) => {
    if (ticket.step === 'conclude') return Promise.resolve(done());
    if ((waits += 1) <= 8) return Promise.resolve(wait(ticket, 5));
    if ((failures += 1) === 1) return Promise.reject(new RetryableError('OOPS', 'a bug that shows once', {}, 20));
    return Promise.resolve(done());
  };
  const { producer, visits } = await stage(run);
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => visits.some(({ ticket }) => ticket.step === 'conclude'));
  expect(visits.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1]);
});

test('a wait in another step moves to that queue, and the root waits for it there', async () => {
  const run: Run = (ticket) =>
    Promise.resolve(ticket.step === 'record' ? wait({ ...ticket, step: 'poll', leg: 'registry' }, 50) : done());
  const { producer, visits } = await stage(run);
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => visits.some(({ ticket }) => ticket.step === 'conclude'));
  expect(visits.map(({ ticket }) => ticket.step)).toEqual(['record', 'poll', 'conclude']);
});

test('a child that stands before the end leaves that to its root, which does not wait for itself', async () => {
  const run: Run = (ticket) =>
    Promise.resolve(ticket.step === 'record' ? wait({ ...ticket, step: 'conclude' }, 0) : done());
  const { producer, steps } = await stage(run);
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => steps().length === 2 && emptied(producer));
  expect(steps()).toEqual(['record', 'conclude']);
});

test('a wait of more than 30 s ends the job: the agenda brings it back, Redis holds nothing', async () => {
  const run: Run = (ticket) => Promise.resolve(ticket.step === 'record' ? wait(ticket, 30_001) : done());
  const { producer, steps } = await stage(run);
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => emptied(producer));
  expect(steps()).toEqual(['record', 'conclude']);
});

// A newer kind on an older worker is no fault either: API and workers may be deployed in any order.
test.each(['StoreAway', 'ElsewhereError'])('%s costs no attempt, however long', async (name) => {
  let times = 0;
  const away = Object.assign(new Error('not now, not here'), { name, retryAfterMs: 5 });
  const { producer, visits } = await stage((ticket) =>
    ticket.step === 'record' && (times += 1) < 10 ? Promise.reject(away) : Promise.resolve(done()),
  );
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => visits.some(({ ticket }) => ticket.step === 'conclude'));
  expect(visits.every(({ attempt }) => attempt === 1)).toBe(true);
});

test("a newer version's ticket is left to a newer worker: parked, not visited and not failed", async () => {
  const { producer, steps } = await stage();
  await until(() => ready(producer));
  // What a later version writes, which this one's types do not know.
  const newer = { ...ticketOf('poll'), v: 2 } as unknown as Ticket;
  await producer.add([{ ticket: newer, inMs: 0, as: 'apart' }]);
  const parked = async () => {
    const { poll } = await producer.backlog();
    return poll.delayed === 1 && poll;
  };
  expect(await until(parked, { label: 'the ticket to be parked' })).toMatchObject({ waiting: 0, active: 0, failed: 0 });
  expect(steps()).toEqual([]);
});

test('relief is handed out only where no root will do it; apart always', async () => {
  const run: Run = (ticket) =>
    Promise.resolve(
      ticket.step === 'record' || ticket.step === 'poll'
        ? done([
            { ticket: { ...ticket, step: 'notify', about: 'completed' }, inMs: 0, as: 'relief' },
            { ticket: { ...ticket, step: 'notify', about: 'pending' }, inMs: 0, as: 'apart' },
          ])
        : done(),
    );
  const { producer, visits } = await stage(run);
  await until(() => ready(producer));
  const inFlow = ticketOf();
  const alone = ticketOf('poll');
  await Promise.all([producer.startFlow(inFlow), producer.remind([alone])]);
  await until(() => visits.length === 6 && emptied(producer));
  const told = (id: string) =>
    visits
      .filter(({ ticket }) => ticket.step === 'notify' && ticket.id === id)
      .map(({ ticket }) => ticket.about)
      .sort();
  expect(told(inFlow.id)).toEqual(['pending']);
  expect(told(alone.id)).toEqual(['completed', 'pending']);
});

test('duplicates are harmless: a flow started twice runs once, and a reminder leaves a living job alone', async () => {
  const redis = await testRedis();
  const producer = producerOn(redis);
  await until(() => ready(producer));
  const ticket = ticketOf();
  await Promise.all([producer.startFlow(ticket), producer.startFlow(ticket)]);
  await producer.remind([{ ...ticket, step: 'record' }]);
  expect((await producer.backlog()).record.waiting).toBe(1);
  const ran: Ticket[] = [];
  consumerOn(redis, producer, (each) => Promise.resolve((ran.push(each), done())));
  await until(() => ran.length === 2 && emptied(producer));
  expect(ran.map((each) => each.step)).toEqual(['record', 'conclude']);
});

test('a lone job that is given up asks for its books to be closed; a reminder replaces it (I4)', async () => {
  let broken = true;
  const { producer, visits } = await stage((ticket) =>
    ticket.step === 'poll' && broken ? Promise.reject(new TerminalError('NO', 'broken')) : Promise.resolve(done()),
  );
  await until(() => ready(producer));
  const ticket = ticketOf('poll', { leg: 'registry' });
  await producer.remind([ticket]);
  await until(() => visits.some((visit) => visit.ticket.step === 'conclude' && visit.ticket.lost === 'NO: broken'));
  broken = false;
  await producer.remind([ticket]);
  await until(() => visits.filter((visit) => visit.ticket.step === 'poll').length === 2);
});

test('every job that reaches Redis has attempts, removal and one way to end its parent (F1, F9, R8)', async () => {
  const place = await testRedis();
  const producer = producerOn(place);
  await until(() => ready(producer));
  const ticket = ticketOf();
  await producer.startFlow(ticket);
  await producer.add([{ ticket: { ...ticket, step: 'notify', about: 'pending' }, inMs: 5, as: 'apart' }]);
  await producer.remind([ticketOf('poll')]);
  const redis = new Redis(place.url);
  onExit(() => redis.disconnect());
  const jobs = (await redis.keys(`${place.prefix}:*`)).filter((key) =>
    /:(record|conclude|notify|poll)-[0-9a-z-]+$/.test(key),
  );
  expect(jobs).toHaveLength(4);
  for (const key of jobs) {
    const opts = JSON.parse((await redis.hget(key, 'opts')) ?? '{}');
    expect(opts, key).toMatchObject({
      attempts: 5,
      removeOnComplete: true,
      removeOnFail: { count: 10_000 },
      backoff: { type: 'custom' },
    });
    expect(opts.idof === true, key).toBe(key.includes(':record-'));
  }
  // R4: the event stream stays small.
  expect(await redis.hget(`${place.prefix}:record:meta`, 'opts.maxLenEvents')).toBe('100');
});

test('job ids hold no colon and are never all digits, whatever a leg is called (I1)', () => {
  const id = jobId({ step: 'register', id: '01990000-0000-7000-8000-000000000000', leg: 'a:b' });
  expect(id).toBe('register-01990000000070008000000000000000-ab');
});

test('a light client is served though every place is taken by a crowd whose work never ends', async () => {
  const place = await testRedis();
  const producer = producerOn(place);
  await until(() => ready(producer));
  const [heavy, light] = [[ticketOf(), ticketOf(), ticketOf()], ticketOf()];
  for (const ticket of heavy) await producer.startFlow(ticket);
  const served: string[] = [];
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  onExit(() => release());
  consumerOn(
    place,
    producer,
    async (ticket) => {
      served.push(`${ticket.step} ${ticket.id}`);
      if (ticket.id !== light.id) await released;
      return done();
    },
    { concurrency: 1 },
  );
  await until(() => served.length === 1);
  await until(producer.servesLight);
  await producer.startFlow(light, { first: true });
  await until(() => served.includes(`conclude ${light.id}`));
  expect(served).toHaveLength(3);
});

test('what a light client has in work counts with the rest, and its tickets know their lane', async () => {
  const place = await testRedis();
  const producer = producerOn(place);
  await until(producer.servesLight);
  const light = ticketOf();
  await producer.startFlow(light, { first: true });
  await producer.startFlow(ticketOf());
  const { record, conclude } = await producer.backlog();
  expect([record.waiting, conclude.waitingForChildren]).toEqual([2, 2]);
  const id = jobId({ step: 'record', id: light.id, first: true });
  const redis = new Redis(place.url);
  onExit(() => redis.disconnect());
  const data = await redis.hget(`${place.prefix}:record-first:${id}`, 'data');
  expect(JSON.parse(data ?? '')).toEqual({ ...light, step: 'record', first: true });
});

test('light clients go the ordinary way where every worker is older than their queues', async () => {
  const place = await testRedis();
  const producer = producerOn(place);
  await until(producer.servesLight, { label: 'the first look: nobody works' });
  const steps: string[] = [];
  const older = (['record', 'conclude'] as const).map((name) => {
    const run = (): Promise<void> => Promise.resolve(void steps.push(name));
    return new Worker(name, run, { connection: { url: place.url, maxRetriesPerRequest: null }, prefix: place.prefix });
  });
  onExit(() => Promise.all(older.map((worker) => worker.close())));
  await Promise.all(older.map((worker) => worker.waitUntilReady()));
  await until(() => !producer.servesLight(), { label: 'the producer to see them' });
  await producer.startFlow(ticketOf(), { first: true });
  await until(() => steps.length === 2);
  expect(steps).toEqual(['record', 'conclude']);
});

test('a crowd waits: the first begins long before the last is fetched', async () => {
  const CROWD = 400;
  const place = await testRedis();
  const producer = producerOn(place);
  await until(() => ready(producer));
  await Promise.all(Array.from({ length: CROWD }, () => producer.startFlow(ticketOf())));
  let visits = 0;
  let fetchedAtFirst: number | undefined;
  consumerOn(
    place,
    producer,
    async () => {
      if ((visits += 1) === 1) fetchedAtFirst = (await producer.backlog()).record.active;
      return done();
    },
    { concurrency: CROWD },
  );
  await until(() => fetchedAtFirst !== undefined);
  // BullMQ's own loop has fetched all 400 when it starts the first.
  expect(fetchedAtFirst).toBeLessThan(CROWD / 2);
});

test('the room shrinks with what waits', async () => {
  const producer = producerOn(await testRedis(), 3);
  await until(() => ready(producer));
  expect(producer.room()).toBe(3);
  await producer.startFlow(ticketOf());
  expect(producer.room()).toBe(2);
  await producer.startFlow(ticketOf());
  await producer.startFlow(ticketOf());
  await until(() => producer.room() === 0);
});
