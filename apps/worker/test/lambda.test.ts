import { done, TerminalError, wait, type NextTicket, type Ticket } from '@countersign/flow';
import { expect, test } from 'vitest';
import { createHandler } from '../src/lambda.ts';

const ticket = (kind: string): Ticket => ({ v: 1, step: 'record', id: `id-${kind}`, kind });
const event = (...bodies: unknown[]) => ({
  Records: bodies.map((body, n) => ({ messageId: `m${n}`, body: JSON.stringify(body) })),
});

function stage() {
  const out: NextTicket[] = [];
  const handle = createHandler({
    run: (given) => {
      if (given.kind === 'waits') return Promise.resolve(wait({ ...given, step: 'poll' }, 500));
      if (given.kind === 'waits-long') return Promise.resolve(wait(given, 120_000));
      if (given.kind === 'broken') return Promise.reject(new TerminalError('UNKNOWN_KIND', 'no plan'));
      if (given.kind === 'away') return Promise.reject(Object.assign(new Error('away'), { name: 'StoreAway' }));
      return Promise.resolve(done([{ ticket: { ...given, step: 'notify' }, inMs: 0, as: 'relief' }]));
    },
    later: (next) => {
      out.push(...next);
      return Promise.resolve();
    },
  });
  return { handle, out };
}

test('a batch is visited; what goes on is handed out', async () => {
  const { handle, out } = stage();
  expect(await handle(event(ticket('fine'), ticket('fine')))).toEqual({ batchItemFailures: [] });
  expect(out.map((next) => next.ticket.step)).toEqual(['notify', 'notify']);
});

test('a wait is no failure: the ticket goes out again with its delay, and a long one is left to the agenda', async () => {
  const { handle, out } = stage();
  expect(await handle(event(ticket('waits'), ticket('waits-long')))).toEqual({ batchItemFailures: [] });
  expect(out).toEqual([{ ticket: { ...ticket('waits'), step: 'poll' }, inMs: 500, as: 'apart' }]);
});

test('only what failed is delivered again, and what no repetition mends is closed instead', async () => {
  const { handle, out } = stage();
  const answer = await handle(event(ticket('fine'), ticket('away'), ticket('broken'), { v: 2 }, ticket('fine')));
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm3' }] });
  expect(out.find((next) => next.ticket.lost)).toMatchObject({
    ticket: { step: 'conclude', lost: 'no plan', id: 'id-broken' },
  });
});
