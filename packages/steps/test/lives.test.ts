import { describe, expect, it } from 'vitest';
import type { Plan } from '@countersign/flow';
import { FIRST, machine, plan, Street } from './street.ts';
import { WINDOW_MS } from './moody-registry.ts';

const types = (street: Street) => street.cellar.callbacks.map((c) => c.callback.type);

describe('the life of a transaction', () => {
  it('settles at once: told once, called back once', async () => {
    const street = new Street([{ answer: 'completed' }]);
    await street.live();
    expect(street.cellar.statuses).toEqual(['PENDING', 'PROCESSING', 'COMPLETED']);
    expect(street.registry.posts).toHaveLength(1);
    expect(types(street)).toEqual(['transaction.completed']);
    expect(street.posted).toHaveLength(1);
    expect(street.row.version).toBe(3);
  });

  it('declined is FAILED and heard', async () => {
    const street = new Street([{ answer: 'declined' }]);
    await street.live();
    expect(street.row.status).toBe('FAILED');
    expect(street.row.failure?.code).toBe('DECLINED');
    expect(types(street)).toEqual(['transaction.failed']);
  });

  it('504 but kept: looked for before the next try, never sent twice', async () => {
    const street = new Street([{ answer: 'silence', keeps: 'completed', lateMs: 0 }]);
    await street.live();
    expect(street.row.status).toBe('COMPLETED');
    expect(street.registry.posts).toHaveLength(1);
  });

  it('504 kept 119 s late: a "not found" inside the window proves nothing', async () => {
    const street = new Street([{ answer: 'silence', keeps: 'completed', lateMs: WINDOW_MS - 1_000 }]);
    await street.live();
    expect(street.row.status).toBe('COMPLETED');
    expect(street.registry.effects).toHaveLength(1);
    expect(street.registry.posts).toHaveLength(1);
  });

  it('504 and lost: told again, not before the window is over', async () => {
    const street = new Street([{ answer: 'silence', keeps: 'nothing', lateMs: 0 }, { answer: 'completed' }]);
    await street.live();
    const [first, second] = street.registry.posts;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(WINDOW_MS);
    expect(street.row.status).toBe('COMPLETED');
  });

  it('504 and nothing known at the look 200 ms later: the client hears pending then, and once whatever follows', async () => {
    const kept = { answer: 'silence', keeps: 'pending', lateMs: WINDOW_MS - 1_000 } as const;
    const lost = { answer: 'silence', keeps: 'nothing', lateMs: 0 } as const;
    for (const fates of [[kept], [lost, kept], [lost, { answer: 'pending' } as const]]) {
      const street = new Street(fates);
      const started = street.cellar.nowMs;
      await street.live(() => street.cellar.callbacks.length > 0);
      expect(types(street)).toEqual(['transaction.pending']);
      expect(street.cellar.nowMs - started).toBe(200);
      await street.live(() => street.row.registrations[0]?.told === true);
      street.registry.finish();
      await street.live();
      expect(types(street)).toEqual(['transaction.pending', 'transaction.completed']);
    }
  });

  it('four silences and nothing kept: FAILED, because the registry says it has none', async () => {
    const silence = { answer: 'silence', keeps: 'nothing', lateMs: 0 } as const;
    const street = new Street([silence, silence, silence, silence]);
    await street.live();
    expect(street.registry.posts).toHaveLength(4);
    expect(street.row.status).toBe('FAILED');
    expect(street.row.failure?.code).toBe('NOT_REGISTERED');
    expect(types(street)).toEqual(['transaction.pending', 'transaction.failed']);
  });

  it('cannot be asked at all: UNRESOLVED, a dead letter, and settled by a later look', async () => {
    const street = new Street([]);
    street.registry.dark = true;
    await street.live(() => street.row.status === 'UNRESOLVED');
    expect(street.registry.posts).toHaveLength(0);
    expect(street.cellar.deadLetters.map((d) => d.code)).toEqual(['PROVIDER_UNREACHABLE']);
    street.registry.dark = false;
    await street.live();
    expect(street.cellar.statuses.slice(-2)).toEqual(['UNRESOLVED', 'FAILED']);
    expect(types(street)).toEqual(['transaction.unresolved', 'transaction.failed']);
  });

  it('replayed and given up again: one more dead letter', async () => {
    const street = new Street([]);
    street.registry.dark = true;
    await street.live(() => street.row.status === 'UNRESOLVED');
    await street.cellar.commit(street.row, {
      registrations: [{ leg: 'registry', status: 'PENDING', attempts: 0, dueInMs: 0 }],
    });
    await street.live(() => street.cellar.deadLetters.length > 1);
    expect(street.cellar.deadLetters.map((d) => d.code)).toEqual(['PROVIDER_UNREACHABLE', 'PROVIDER_UNREACHABLE']);
    expect(street.row.status).toBe('UNRESOLVED');
  });

  it('a 400 after a try that may have worked is not believed before their books are seen', async () => {
    const street = new Street([
      { answer: 'silence', keeps: 'completed', lateMs: WINDOW_MS - 1_000 },
      { answer: 'bad-request' },
    ]);
    await street.live();
    expect(street.row.status).toBe('COMPLETED');
  });

  it('a 400 to the first try is final', async () => {
    const street = new Street([{ answer: 'bad-request' }]);
    await street.live();
    expect(street.row.status).toBe('FAILED');
    expect(street.registry.posts).toHaveLength(1);
  });

  it('pending: looked at 200 ms and 10 ms later, then ever more rarely, and the client hears pending once', async () => {
    const street = new Street([{ answer: 'pending' }]);
    const started = street.cellar.nowMs;
    await street.live(() => street.row.registrations[0]?.looks === 5);
    const gaps = street.queue.map((q) => q.at - street.cellar.nowMs);
    expect(street.cellar.nowMs - started).toBe(200 + 10 + 400 + 800 + 1_600);
    expect(gaps).toContain(3_200);
    street.registry.finish();
    await street.live();
    expect(street.row.status).toBe('COMPLETED');
    expect(types(street)).toEqual(['transaction.pending', 'transaction.completed']);
  });

  it('two tickets that look at the same moment: one goes on, and the other ends', async () => {
    const street = new Street([{ answer: 'pending' }]);
    const at = (looks: number) => () => street.row.registrations[0]?.looks === looks;
    const ticket = { ...FIRST, step: 'poll', leg: 'registry' } as const;
    for (const looks of [1, 2, 3]) {
      await street.live(at(looks));
      street.cellar.nowMs = street.row.registrations[0]?.dueAt ?? 0;
      const outcomes = await Promise.all(['one', 'another', 'a third'].map((holder) => street.look(ticket, holder)));
      expect(outcomes.map(({ type }) => type).sort()).toEqual(['done', 'done', 'wait']);
    }
  });

  it('pending for ever: UNRESOLVED at the age limit, never failed', async () => {
    const street = new Street([{ answer: 'pending' }]);
    street.registry.ending = 'never';
    await street.live();
    expect(street.row.status).toBe('UNRESOLVED');
    expect(street.row.failure?.code).toBe('NO_END_IN_SIGHT');
  });

  it('the webhook alone is enough, and a doubled one changes nothing', async () => {
    const street = new Street([{ answer: 'pending' }]);
    street.registry.ending = 'never';
    street.hearWebhook('completed', 5_000, 'w1');
    street.hearWebhook('completed', 6_000, 'w2');
    street.hearWebhook('pending', 7_000, 'w3');
    await street.live();
    expect(street.cellar.statuses).toEqual(['PENDING', 'PROCESSING', 'COMPLETED']);
    expect(types(street)).toEqual(['transaction.pending', 'transaction.completed']);
    expect(street.posted).toHaveLength(2);
  });

  it('an accepted webhook whose ticket was lost is heard by the next visit, before anything is told again', async () => {
    const street = new Street([{ answer: 'silence', keeps: 'nothing', lateMs: 0 }]);
    await street.live(() => street.registry.posts.length === 1);
    const word = { type: 'done' } as const;
    street.cellar.webhooks.set('w1', { id: 'w1', submissionId: street.row.id, leg: 'registry', word, applied: false });
    await street.live();
    expect(street.registry.posts).toHaveLength(1);
    expect(street.row.status).toBe('COMPLETED');
    expect(street.cellar.webhooks.get('w1')?.applied).toBe(true);
  });

  it('a call our own limits held back is no try, and its beginning in the history has an end', async () => {
    const street = new Street([{ answer: 'busy' }, { answer: 'completed' }]);
    await street.live();
    expect(street.row).toMatchObject({ status: 'COMPLETED', registrations: [{ attempts: 1 }] });
    const tries = street.cellar.history.filter((h) => h.entry.type.startsWith('attempt')).map((h) => h.entry);
    expect(tries.map((t) => `${t.type} ${t.to ?? ''}`)).toEqual([
      'attempt.started ',
      'attempt busy',
      'attempt.started ',
      'attempt done',
    ]);
  });

  it('a call that comes 3 s after its intent is not made, which is no try and no reason to wait; under a lasting key it is made', async () => {
    for (const [idempotentForMs, lines] of [
      [0, ['attempt.started 1', 'attempt 1 busy', 'attempt.started 1', 'attempt 1 done']],
      [Number.POSITIVE_INFINITY, ['attempt.started 1', 'attempt 1 done']],
    ] as const) {
      const street = new Street([{ answer: 'completed' }]);
      let stalls = 1;
      const { cellar, provider } = street.house;
      const commit: typeof cellar.commit = async (submission, change) => {
        const moved = await cellar.commit(submission, change);
        const isIntent = change.entries?.some(({ type }) => type === 'attempt.started');
        if (isIntent && stalls > 0) [stalls, machine.ranMs] = [0, machine.ranMs + 3_000];
        return moved;
      };
      // As the cellar is, but for the stall.
      const stalling = Object.create(cellar, { commit: { value: commit } }) as typeof cellar;
      const keyed = () => ({ ...provider('registry'), idempotentForMs });
      Object.assign(street.house, { cellar: stalling, provider: keyed });
      await street.live();
      expect(street.row).toMatchObject({ status: 'COMPLETED', registrations: [{ attempts: 1 }] });
      expect(street.registry.posts).toHaveLength(1);
      const told = street.cellar.history.map(({ entry }) => `${entry.type} ${entry.attempt ?? ''} ${entry.to ?? ''}`);
      expect(told.map((line) => line.trim()).filter((line) => line.startsWith('attempt'))).toEqual(lines);
    }
  });

  it('a try whose process died is not left open in the history when a webhook settles it', async () => {
    const street = new Street([{ answer: 'crash', keeps: 'completed' }]);
    street.hearWebhook('completed', 500, 'w1');
    await street.live();
    expect(street.row.status).toBe('COMPLETED');
    const told = street.cellar.history.map(({ entry }) =>
      `${entry.type} ${entry.attempt ?? ''} ${entry.to ?? ''}`.trim(),
    );
    const of = ['attempt.started', 'webhook', 'attempt'];
    expect(told.filter((line) => of.includes(line.split(' ')[0] ?? ''))).toEqual([
      'attempt.started 1',
      'webhook 1 done',
      'attempt 1 unclear',
    ]);
  });

  it('done, and then given back, told in the wrong order: COMPLETED, and what came after it is told after it', async () => {
    const street = new Street([{ answer: 'pending' }]);
    street.registry.ending = 'never';
    street.plan = {
      ...plan,
      afterword: ({ facts }, _leg, word) =>
        word.type === 'stuck' && facts['returned'] === undefined
          ? { callback: 'returned', facts: { returned: word.failure.code } }
          : undefined,
    };
    await street.live(() => street.registry.posts.length === 1);
    const words = {
      w1: { type: 'stuck', failure: { code: 'RETURNED', message: 'back' } },
      w2: { type: 'done' },
    } as const;
    for (const [id, word] of Object.entries(words)) {
      street.cellar.webhooks.set(id, { id, submissionId: street.row.id, leg: 'registry', word, applied: false });
      street.add({ ...FIRST, step: 'settle', webhook: id }, 0);
      await street.live(() => street.cellar.webhooks.get(id)?.applied === true);
    }
    await street.live();
    expect(street.row).toMatchObject({ status: 'COMPLETED', facts: { returned: 'RETURNED' } });
    expect(types(street).slice(-2)).toEqual(['transaction.completed', 'transaction.returned']);
  });

  it('webhooks that tell nothing new bring nobody more to look', async () => {
    const street = new Street([{ answer: 'pending' }]);
    street.registry.ending = 'never';
    for (const [n, at] of [300, 400, 500, 600].entries()) street.hearWebhook('pending', at, `w${n}`);
    await street.live(() => street.cellar.nowMs > 1_003_000);
    expect(street.queue.filter(({ ticket }) => ticket.step === 'poll')).toHaveLength(1);
    expect([...street.cellar.webhooks.values()].every((webhook) => webhook.applied)).toBe(true);
  });

  it('killed during the call: not sent again before the window is over', async () => {
    const street = new Street([{ answer: 'crash', keeps: 'completed' }]);
    await street.live();
    expect(street.registry.effects).toHaveLength(1);
    expect(street.row.status).toBe('COMPLETED');
    expect(street.cellar.history.some((h) => h.entry.error === 'our process was lost during the call')).toBe(true);
  });

  it('given up for good: UNRESOLVED with a dead letter, nobody waits', async () => {
    const street = new Street([]);
    street.queue.length = 0;
    await street.deliver({
      v: 1,
      step: 'conclude',
      id: street.row.id,
      kind: 'transaction',
      lost: 'its process died five times',
    });
    await street.live();
    expect(street.row.status).toBe('UNRESOLVED');
    expect(street.cellar.deadLetters.map((d) => d.code)).toEqual(['PROCESSING_GIVEN_UP']);
    expect(types(street)).toEqual(['transaction.unresolved']);
  });
});

it('where what nobody has told needs no look, the first try makes none, and any later one does', async () => {
  const street = new Street([{ answer: 'too-many' }, { answer: 'completed' }]);
  const provider = { ...street.registry.provider(), looksFirst: false };
  Object.assign(street.house, { provider: () => provider });
  await street.live();
  expect(street.row.status).toBe('COMPLETED');
  const calls = street.cellar.history.map(({ entry }) => entry.type).filter((type) => /^(look|attempt)$/.test(type));
  expect(calls).toEqual(['attempt', 'look', 'attempt']);
});

describe('a kind with a results feed', () => {
  const fed: Plan = {
    ...plan,
    result: ({ status }, verdict) => ({
      code: verdict.status === 'COMPLETED' ? 200 : 500,
      response: `${status}, then ${verdict.status}`,
    }),
  };
  const live = async (street: Street, until?: () => boolean) => {
    street.plan = fed;
    await street.live(until);
    return street.cellar.results;
  };

  it('every end becomes a result, once: completed, failed', async () => {
    expect(await live(new Street([{ answer: 'completed' }]))).toEqual([
      { code: 200, response: 'PROCESSING, then COMPLETED' },
    ]);
    expect(await live(new Street([{ answer: 'declined' }]))).toEqual([
      { code: 500, response: 'PROCESSING, then FAILED' },
    ]);
  });

  it('refused by its judge: a result too', async () => {
    const street = new Street([]);
    street.plan = { ...fed, judge: () => Promise.resolve({ failure: { code: 'NO', message: 'no' } }) };
    await street.live();
    expect(street.cellar.results).toEqual([{ code: 500, response: 'PENDING, then FAILED' }]);
  });

  it('unresolved is a result, and what is learned later another', async () => {
    const street = new Street([]);
    street.registry.dark = true;
    const results = await live(street, () => street.row.status === 'UNRESOLVED');
    expect(results).toEqual([{ code: 500, response: 'PROCESSING, then UNRESOLVED' }]);
    street.registry.dark = false;
    await street.live();
    expect(results.at(-1)).toEqual({ code: 500, response: 'UNRESOLVED, then FAILED' });
  });

  it('looked at for as long as the submission asks', async () => {
    const street = new Street([{ answer: 'pending' }]);
    street.registry.ending = 'never';
    street.plan = { ...fed, lookForMs: (_, maxAgeMs) => maxAgeMs * 36 };
    const started = street.cellar.nowMs;
    await street.live();
    expect(street.row.status).toBe('UNRESOLVED');
    // The last look is at the deadline itself.
    expect(street.cellar.nowMs - started).toBe(36 * 3_600_000);
  });
});
