import { describe, expect, test } from 'vitest';
import { ask, stage, until } from './stage.ts';

const { town, receiver, id, post, look, sim, entry, holdTime, letPass } = stage();

describe('the registry', () => {
  test('is not idempotent: the same id again is a second effect with a status drawn anew', async () => {
    const ends = new Set<unknown>();
    for (let n = 0; n < 30; n++) {
      const one = id();
      await post(one, '5');
      ends.add(((await post(one, '5')).body as { status: string }).status);
      expect(entry(one).effects).toBe(2);
    }
    expect([...ends].sort()).toEqual(['completed', 'declined']);
    expect(town().registry.counts()).toMatchObject({ effects: 60, doubles: 30 });
    expect((await sim('GET', '/registry/effects?doubles=true')).body).toMatchObject({ data: { length: 30 } });
  });
  test('a POST without what it needs: 400 with the place of every problem', async () => {
    const answer = await ask('POST', `${town().url}/registry/transaction`, { id: '1', amount: 'x', currency: 'EUR' });
    expect(answer.status).toBe(400);
    expect((answer.body as { problems: string[] }).problems.map((line) => line.split(':')[0])).toEqual([
      '/webhookUrl',
      '/amount',
    ]);
    expect(await ask('GET', `${town().url}/registry/nothing`)).toMatchObject({ status: 404 });
    expect(await ask('GET', `${town().url}/nobody/here`)).toMatchObject({ status: 404 });
  });
  test('GET /registry/fates: the table people read', async () => {
    const { body } = await ask('GET', `${town().url}/registry/fates`);
    expect((body as { data: object[] }).data).toContainEqual(
      expect.objectContaining({ fate: '504-kept', amount: '*.21' }),
    );
  });
});

describe('the books', () => {
  test('keep every request with its time, outcome, traceparent and user agent', async () => {
    const one = id();
    await look(one);
    await post(one, '7.21');
    await look(one);
    const { body } = await sim('GET', `/registry/effects/${one}`);
    expect(body).toMatchObject({ id: one, fate: '504-kept', posts: 1, effects: 1, status: 'completed' });
    const { requests } = body as { requests: object[] };
    expect(requests).toMatchObject([
      { method: 'GET', outcome: '404', traceparent: '00-aa-bb-01', userAgent: 'countersign/test' },
      { method: 'POST', outcome: '504', at: expect.stringMatching(/^\d{4}-.*Z$/) },
      { method: 'GET', outcome: '200' },
    ]);
    expect((await sim('GET', '/registry/effects/unknown')).status).toBe(404);
  });
  test('count requests by outcome, effects, fates and webhooks', async () => {
    await post(id(), '7.02');
    const one = id();
    await post(one, '7.12');
    expect((await sim('GET', '/registry/counts')).body).toMatchObject({
      requests: 2,
      posts: { 200: 2 },
      effects: 2,
      fates: { declined: 1, 'webhook-first': 1 },
      webhooks: { 204: 1 },
    });
    expect((await sim('POST', '/reset')).status).toBe(200);
    expect((await sim('GET', '/registry/counts')).body).toMatchObject({ requests: 0, posts: {}, effects: 0 });
    expect((await look(one)).status).toBe(404);
  });
  test('a caller who leaves before the answer is "abandoned", the effect stays', async () => {
    await sim('POST', '/registry/rules', { fate: 'completed', params: { answerMs: 5_000 } });
    const one = id();
    holdTime();
    expect((await post(one, '7', 100)).status).toBe('TimeoutError');
    await until('the end of the request', () => entry(one).requests[0]?.outcome === 'abandoned');
    expect(town().registry.counts()).toMatchObject({ posts: { 200: 0, abandoned: 1 }, effects: 1, inFlight: 0 });
  });
});

describe('rules', () => {
  test('next: n holds for n submissions and beats the magic amount; retries keep their fate', async () => {
    await sim('POST', '/registry/rules', { match: { next: 2 }, fate: '504-always' });
    const [one, two, three] = [id(), id(), id()];
    expect((await post(one, '7.02')).status).toBe(504);
    expect((await post(one, '7.02')).status).toBe(504);
    expect((await post(two, '7.02')).status).toBe(504);
    expect((await post(three, '7.02')).body).toMatchObject({ status: 'declined' });
    expect((await sim('GET', '/registry/rules')).body).toEqual({ data: [] });
  });
  test('match by id, amount and currency, with params', async () => {
    const one = id();
    await sim('POST', '/registry/rules', { match: { id: one }, fate: 'refused', params: { httpStatus: 422 } });
    await sim('POST', '/registry/rules', { match: { amount: '9.00', currency: 'EUR' }, fate: 'declined' });
    await sim('POST', '/registry/rules', { match: { currency: 'USD' }, fate: 'declined' });
    expect((await post(one, '1')).status).toBe(422);
    expect((await post(id(), '9.00')).body).toMatchObject({ status: 'declined' });
    expect((await post(id(), '9.0')).body).toMatchObject({ status: 'completed' });
    expect(await sim('DELETE', '/registry/rules/2')).toMatchObject({ status: 200 });
    expect((await post(id(), '9.00')).body).toMatchObject({ status: 'completed' });
  });
  test('an unknown fate: 400 that names the known ones', async () => {
    const answer = await sim('POST', '/registry/rules', { fate: 'explode' });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain('504-kept-late');
  });
});

describe('outage and settling by hand', () => {
  test('an outage answers everybody alike and ends after n requests, in time, or by DELETE', async () => {
    const one = id();
    await sim('POST', '/registry/outage', { answer: 503, retryAfterSeconds: 2, next: 2 });
    expect(await look(one)).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    expect((await post(one, '7')).status).toBe(503);
    expect((await look(one)).status).toBe(404);
    await sim('POST', '/registry/outage', { answer: 'reset', methods: ['POST'] });
    expect((await post(one, '7')).status).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect((await look(one)).status).toBe(404);
    await sim('DELETE', '/registry/outage');
    holdTime();
    await sim('POST', '/registry/outage', { answer: 'silence', forMs: 2_000 });
    await letPass(1_999);
    expect((await look(one, 150)).status).toBe('TimeoutError');
    await letPass(1);
    expect((await look(one)).status).toBe(404);
    expect(entry(one).effects).toBe(0);
  });
  test('settle: gives a pending record its end and sends the webhook', async () => {
    const one = id();
    await post(one, '7.35');
    expect((await sim('POST', '/registry/settle', { id: one, status: 'declined' })).body).toMatchObject({
      webhook: '204',
    });
    expect((await look(one)).body).toMatchObject({ status: 'declined' });
    expect(receiver().came).toMatchObject([{ body: { id: one, status: 'declined' } }]);
    expect(entry(one).effects).toBe(1);
  });
});
