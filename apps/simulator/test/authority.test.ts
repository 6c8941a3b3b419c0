import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { startSimulator } from '../src/index.ts';
import { ask, stage, until, type Came } from './stage.ts';

const { town, receiver, id, sim, holdTime, letPass } = stage({ timeScale: 0.05 });
const bearer = { authorization: 'Bearer tax-api-key' };

interface Told {
  readonly registration: { id: string; status: string; fiscalCode?: string; error?: { code: string } };
  readonly code?: string;
}
// What the simulator answers: a wall of the test.
const told = (answer: { body: unknown }): Told => answer.body as Told;

/** Tells the tax authority a document with a marker in it; `xml` as a comment, else as a property. */
const tell = (one: string, marker = '', format: 'json' | 'xml' = 'json', patienceMs?: number) => {
  const document = format === 'xml' ? `<Invoice><!-- ${marker} --></Invoice>` : { total: '1.00', note: marker };
  const body = { id: one, type: 'invoice', format, document, webhookUrl: receiver().url };
  return ask('POST', `${town().url}/tax/v1/registrations`, body, patienceMs, bearer);
};
const look = (one: string, patienceMs?: number) =>
  ask('GET', `${town().url}/tax/v1/registrations/${one}`, undefined, patienceMs, bearer);
const status = async (one: string) => told(await look(one)).registration?.status;
const words = () => receiver().came.map(({ body }) => (body as Told).registration.status);
const signed = ({ raw, headers }: Came): boolean =>
  headers['x-request-signature'] === createHmac('sha256', 'tax-webhook-secret').update(raw).digest('base64');
const page = (one: string) => {
  const found = town().tax.find(one);
  if (!found) throw new Error(`nothing is known about ${one}`);
  return found;
};

describe('a registration', () => {
  test('done at once: 201 with a fiscal code, the same at a look; unknown: 404', async () => {
    const one = id();
    expect((await look(one)).status).toBe(404);
    const answer = await tell(one);
    expect(answer).toMatchObject({ status: 201, body: { registration: { id: one, status: 'DONE' } } });
    expect(told(await look(one)).registration.fiscalCode).toBe(told(answer).registration.fiscalCode);
    expect(page(one)).toMatchObject({
      fate: 'done',
      effects: 1,
      requests: [{ outcome: '404' }, { outcome: '201' }, {}],
    });
  });
  test('told again: 400 registration.already_exists with the original number, one effect', async () => {
    const one = id();
    const first = told(await tell(one)).registration.fiscalCode;
    expect(await tell(one)).toMatchObject({
      status: 400,
      body: { code: 'registration.already_exists', registration: { id: one, fiscalCode: first } },
    });
    expect(page(one)).toMatchObject({ effects: 1, tellings: 2 });
  });
  test('without the key 401, with a wrong body 400 and the places', async () => {
    const url = `${town().url}/tax/v1/registrations`;
    expect((await ask('POST', url, { id: 'x' })).status).toBe(401);
    const wrong = await ask('POST', url, { id: 'x', type: 't', format: 'pdf' }, undefined, bearer);
    expect(wrong).toMatchObject({ status: 400, body: { code: 'validation.custom' } });
    expect(JSON.stringify(wrong.body)).toContain('/format');
  });
  test.each(['json', 'xml'] as const)(
    'a marker in a document of %s chooses the fate, for both or for one authority',
    async (format) => {
      expect(told(await tell(id(), 'sim:error', format)).registration.status).toBe('ERROR');
      expect(told(await tell(id(), 'sim:tax=error', format)).registration.status).toBe('ERROR');
      expect(told(await tell(id(), 'sim:warehouse=error', format)).registration.status).toBe('DONE');
      expect(told(await tell(id(), 'sim:nothing-known', format)).registration.status).toBe('DONE');
    },
  );
});

describe('fates', () => {
  test('error: ERROR with the code of a rule', async () => {
    await sim('POST', '/tax/rules', {
      match: { type: 'invoice', next: 1 },
      fate: 'error',
      params: { code: 'shift.not_opened' },
    });
    expect(told(await tell(id())).registration.error?.code).toBe('shift.not_opened');
    expect(told(await tell(id())).registration.status).toBe('DONE');
  });
  test.each([
    ['created-done', 'DONE'],
    ['created-error', 'ERROR'],
  ])('%s: 202 CREATED, then %s with one signed webhook', async (fate, end) => {
    const one = id();
    expect(await tell(one, `sim:${fate}`)).toMatchObject({
      status: 202,
      body: { registration: { status: 'CREATED' } },
    });
    await until(end, async () => (await status(one)) === end);
    await until('the webhook', () => receiver().came.length === 1);
    expect(words()).toEqual([end]);
    expect(receiver().came.every(signed)).toBe(true);
    expect(page(one).statuses.map((line) => line.status)).toEqual(['CREATED', 'PENDING', end]);
  });
  test('created-for-long and created-for-ever: CREATED', async () => {
    const [long, ever] = [id(), id()];
    holdTime();
    await tell(long, 'sim:created-for-long');
    await tell(ever, 'sim:created-for-ever');
    await letPass(29_999);
    expect([await status(long), await status(ever)]).toEqual(['CREATED', 'CREATED']);
    await letPass(1);
    expect([await status(long), await status(ever)]).toEqual(['DONE', 'CREATED']);
  });
  test('poll-only: DONE and no webhook; unknown-status: a word nobody knows first', async () => {
    const [one, two] = [id(), id()];
    await tell(one, 'sim:poll-only');
    expect(told(await tell(two, 'sim:unknown-status')).registration.status).toBe('IN_CLEARING');
    await until('DONE', async () => (await status(one)) === 'DONE' && (await status(two)) === 'DONE');
    expect(town().tax.counts().webhooks).toEqual({});
  });
  test.each([
    ['webhook-only', 'DONE'],
    ['webhook-only-error', 'ERROR'],
  ])('%s: GET says CREATED before and after', async (fate, end) => {
    const one = id();
    await tell(one, `sim:${fate}`);
    await until('the webhook', () => words()[0] === end);
    expect(await status(one)).toBe('CREATED');
  });
  test("webhook-first: answered before the POST's answer comes", async () => {
    await tell(id(), 'sim:webhook-first');
    expect(words()).toEqual(['DONE']);
  });
  test('webhook-late, webhook-twice, webhook-out-of-order', async () => {
    const one = id();
    holdTime();
    await tell(one, 'sim:webhook-late');
    await letPass(1_999);
    expect([await status(one), words()]).toEqual(['DONE', []]);
    await letPass(1);
    expect(words()).toEqual(['DONE']);
    await tell(id(), 'sim:webhook-twice');
    await letPass(1_000);
    await tell(id(), 'sim:webhook-out-of-order');
    await letPass(2_001);
    expect(words()).toEqual(['DONE', 'DONE', 'DONE', 'DONE', 'PENDING']);
  });
  test.each(['webhook-forged', 'webhook-unsigned'])(
    '%s: says ERROR and is not ours, the truth is DONE',
    async (fate) => {
      const one = id();
      receiver().answers.push(401);
      await tell(one, `sim:${fate}`);
      await until('DONE', async () => (await status(one)) === 'DONE');
      await until('the webhook answered', () => page(one).webhooks.length === 1);
      expect(words()).toEqual(['ERROR']);
      expect(receiver().came.some(signed)).toBe(false);
      expect(page(one).webhooks).toMatchObject([{ signed: fate.slice(8), outcome: '401' }]);
    },
  );
  test('a webhook answered 500 comes again, and ends with 204', async () => {
    const one = id();
    receiver().answers.push(500, 404);
    await tell(one, 'sim:created-done');
    await until('three', () => page(one).webhooks.length === 3);
    expect(page(one).webhooks.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, '500'],
      [2, '404'],
      [3, '204'],
    ]);
    expect(receiver().came.every(signed)).toBe(true);
  });
  test('duplicate: kept, and answered already_exists; duplicate-elsewhere: not kept', async () => {
    const [one, two] = [id(), id()];
    expect(told(await tell(one, 'sim:duplicate'))).toMatchObject({ code: 'registration.already_exists' });
    expect(await status(one)).toBe('DONE');
    const elsewhere = told(await tell(two, 'sim:duplicate-elsewhere'));
    expect(elsewhere).toMatchObject({
      code: 'registration.already_exists',
      registration: { fiscalCode: expect.any(String) },
    });
    expect((await look(two)).status).toBe(404);
    expect([page(one).effects, page(two).effects]).toEqual([1, 0]);
  });
  test('replay: a duplicate is answered 200 with the registration', async () => {
    const one = id();
    await tell(one, 'sim:replay');
    expect(await tell(one)).toMatchObject({ status: 200, body: { registration: { id: one } } });
  });
});

describe('troubles', () => {
  test.each([
    ['504-kept', 504, 1],
    ['504-lost', 504, 0],
    ['silent-kept', 'TimeoutError', 1],
    ['silent-lost', 'TimeoutError', 0],
    ['reset-before', /ECONNRESET|UND_ERR_SOCKET/, 0],
    ['reset-after', /ECONNRESET|UND_ERR_SOCKET/, 1],
    ['malformed', 201, 1],
    ['huge', 201, 1],
    ['redirect', 307, 0],
    ['503-always', 503, 0],
    ['burst-500', 500, 0],
    ['burst-503', 503, 0],
  ] as const)('%s: %s, %i effects; told again it is one', async (fate, met, effects) => {
    const one = id();
    const answer = await tell(one, `sim:${fate}`, 'json', met === 'TimeoutError' ? 300 : undefined);
    if (met instanceof RegExp) expect(answer.status).toMatch(met);
    else expect(answer.status).toBe(met);
    expect(page(one).effects).toBe(effects);
    expect((await look(one)).status).toBe(effects ? 200 : 404);
    for (let n = 0; n < 2; n++) await tell(one);
    expect(page(one).effects).toBe(['redirect', '503-always'].includes(fate) ? 0 : 1);
    expect(town().tax.counts().doubles).toBe(0);
  });
  test('504-kept-late: absent, then there', async () => {
    const one = id();
    holdTime();
    expect((await tell(one, 'sim:504-kept-late')).status).toBe(504);
    await letPass(2_999);
    expect((await look(one)).status).toBe(404);
    await letPass(1);
    expect((await look(one)).status).toBe(200);
    expect(town().tax.counts().lateEffects).toBe(1);
  });
  test('busy-429 with Retry-After twice; who comes too soon is counted', async () => {
    expect(await tell(id(), 'sim:busy-429')).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    const one = id();
    // Retry-After is real time: in 60 s even a test on a busy machine comes too soon.
    await sim('POST', '/tax/rules', { match: { id: one }, fate: 'busy-429', params: { retryAfterSeconds: 60 } });
    expect(await tell(one)).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
    expect((await tell(one)).status).toBe(429);
    expect((await tell(one)).status).toBe(201);
    expect(town().tax.counts().tooSoon).toBe(2);
  });
  test('refused: the status and code of a rule, every time; never-answers: neither POST nor GET', async () => {
    const [one, two] = [id(), id()];
    const params = { httpStatus: 422, code: 'validation.custom' };
    await sim('POST', '/tax/rules', { match: { contains: 'poison' }, fate: 'refused', params });
    expect(await tell(one, 'poison')).toMatchObject({ status: 422, body: { code: 'validation.custom' } });
    expect((await tell(two, 'sim:never-answers', 'json', 150)).status).toBe('TimeoutError');
    expect((await look(two, 150)).status).toBe('TimeoutError');
  });
  test('an outage of looks only, for one request', async () => {
    await sim('POST', '/tax/outage', { answer: 503, methods: ['GET'], next: 1, retryAfterSeconds: 3 });
    expect((await tell(id())).status).toBe(201);
    expect(await look('x')).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
    expect((await look('x')).status).toBe(404);
  });
});

describe('the books', () => {
  test('count calls by outcome, effects, fates and webhooks; reset forgets', async () => {
    await tell(id());
    await tell(id(), 'sim:webhook-first');
    await look('nobody');
    expect((await sim('GET', '/tax/counts')).body).toMatchObject({
      requests: 3,
      calls: { 'POST /v1/registrations': { 201: 2 }, 'GET /v1/registrations/{id}': { 404: 1 } },
      effects: 2,
      doubles: 0,
      fates: { done: 1, 'webhook-first': 1 },
      webhooks: { 204: 1 },
    });
    expect((await sim('GET', '/warehouse/counts')).body).toMatchObject({ requests: 0 });
    await sim('POST', '/reset');
    expect((await sim('GET', '/tax/effects')).body).toEqual({ data: [] });
  });
  test('a caller who leaves before the answer is "abandoned", the effect stays', async () => {
    const one = id();
    holdTime();
    await sim('POST', '/tax/rules', { fate: 'done', params: { answerMs: 20_000 } });
    expect((await tell(one, '', 'json', 100)).status).toBe('TimeoutError');
    await until('the end of the request', () => page(one).requests[0]?.outcome === 'abandoned');
    expect(page(one).effects).toBe(1);
  });
  test('wrong rules: 400 with the known fates and traits', async () => {
    const answer = await sim('POST', '/tax/rules', { fate: 'explode', match: { amount: '1' } });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain('created-for-long');
    expect(JSON.stringify(answer.body)).toContain('amount');
  });
  test('GET /_sim says what Countersign must be told', async () => {
    expect((await ask('GET', `${town().url}/_sim`)).body).toMatchObject({
      settings: { registry: {}, tax: { API_KEY: 'tax-api-key', WEBHOOK_SECRET: 'tax-webhook-secret' } },
    });
  });
  test('recording counts: numbers and states, no lines', async () => {
    const light = await startSimulator({ record: 'counts', tax: { apiKey: 'k', params: { answerMs: 1 } } });
    const body = { id: '1', type: 't', format: 'xml', document: '<a/>', webhookUrl: receiver().url };
    await ask('POST', `${light.url}/tax/v1/registrations`, body, undefined, { authorization: 'Bearer k' });
    expect(light.tax.find('1')).toMatchObject({ status: 'DONE', effects: 1, requests: [], statuses: [] });
    await light.close();
  });
});
