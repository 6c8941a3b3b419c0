import { describe, expect, test } from 'vitest';
import { examplePortfolioId } from '../src/index.ts';
import { ask, stage, until } from './stage.ts';

const { town, sim } = stage({ timeScale: 0.1 });

type Persona = 'a' | 'b' | 'c' | 'd' | 'e' | 'f';
interface Told {
  readonly id: string;
  readonly status: string;
  readonly portfolio_id: string;
}
// What the simulator answers: a wall of the test.
const told = (answer: { body: unknown }): Told => answer.body as Told;
const api = (
  persona: Persona,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: unknown,
  patienceMs?: number,
  headers = {},
) =>
  ask(method, `${town().url}/csp-${persona}${path}`, body, patienceMs, {
    authorization: `Bearer csp-${persona}-api-key`,
    ...headers,
  });
const dates = { pop_start_date: '2026-01-01', pop_end_date: '2026-12-31' };
const order = { task_order_number: '1234567890123', clins: [{ clin_number: '0001', ...dates }], ...dates };
const admin = { email: 'admin@example.com', dod_id: '1234567890', needs_reset: false };
const make = (persona: Persona, name: string, patienceMs?: number) =>
  api(persona, 'POST', '/portfolios', { name, task_orders: [order], administrators: [admin] }, patienceMs);
const named = async (persona: Persona, name: string) =>
  (await api(persona, 'GET', `/portfolios?name=${encodeURIComponent(name)}`)).body;
/** Follows a Location as it was given, until the status is this one. */
const follow = async (persona: Persona, location: unknown, status: string) => {
  const path = new URL(String(location), town().url).pathname.replace(`/csp-${persona}`, '');
  return await until(status, async () => {
    const answer = await api(persona, 'GET', path);
    return told(answer).status === status && told(answer);
  });
};
const page = (persona: Persona, id: string) => town()[`csp-${persona}`].find(id);

describe('personas', () => {
  test('A: 200 with the portfolio, readable by id and by name; deadline and job written down', async () => {
    const deadline = '2026-12-01T00:00:00.000Z';
    const headers = { 'x-provision-deadline': deadline };
    const answer = await api(
      'a',
      'POST',
      '/portfolios',
      { name: 'One', task_orders: [order], administrators: [admin] },
      undefined,
      headers,
    );
    expect(answer).toMatchObject({
      status: 200,
      body: { name: 'One', administrators: [admin], dashboard_link: expect.any(String) },
    });
    expect((await api('a', 'GET', `/portfolios/${told(answer).id}`)).body).toEqual(answer.body);
    expect(await named('a', 'One')).toEqual([answer.body]);
    expect(page('a', 'One')).toMatchObject({
      effects: 1,
      requests: [{ call: 'POST /portfolios', notes: { deadline } }, {}, {}],
    });
  });
  test('B: 202 with Location, NOT_STARTED, IN_PROGRESS, COMPLETE', async () => {
    const answer = await make('b', 'Two');
    expect(answer).toMatchObject({ status: 202, body: { status: 'NOT_STARTED', portfolio_id: expect.any(String) } });
    expect(answer.headers['location']).toMatch(`${town().url}/csp-b/provisioning/`);
    const done = await follow('b', answer.headers['location'], 'COMPLETE');
    expect((await api('b', 'GET', `/portfolios/${done.portfolio_id}`)).status).toBe(200);
    expect(page('b', 'Two')?.statuses.map(({ status }) => status)).toEqual(['NOT_STARTED', 'IN_PROGRESS', 'COMPLETE']);
  });
  test('C: 202, FAILED, and the portfolio is not there; F: IN_PROGRESS', async () => {
    const failed = await follow('c', (await make('c', 'Three')).headers['location'], 'FAILED');
    await until('it is gone', async () => (await api('c', 'GET', `/portfolios/${failed.portfolio_id}`)).status === 404);
    const endless = await make('f', 'Six');
    expect(endless).toMatchObject({ status: 202, body: { status: 'IN_PROGRESS' } });
    expect((await follow('f', endless.headers['location'], 'IN_PROGRESS')).status).toBe('IN_PROGRESS');
  });
  test('D: 500, E: 404, every time, whatever is asked for; nothing made', async () => {
    for (const [persona, status] of [
      ['d', 500],
      ['e', 404],
    ] as const) {
      expect([(await make(persona, 'X')).status, (await make(persona, 'X')).status]).toEqual([status, status]);
      const patch = await api(persona, 'PATCH', `/portfolios/${examplePortfolioId}`, { administrators: [admin] });
      expect(patch.status).toBe(status);
      expect(page(persona, 'X')?.effects).toBe(0);
    }
  });
  test('the wrong token: 401; a wrong body: 400; camelCase is not understood', async () => {
    expect((await ask('GET', `${town().url}/csp-a/portfolios/x`)).status).toBe(401);
    expect((await api('a', 'POST', '/portfolios', {})).status).toBe(400);
    expect((await api('a', 'POST', '/portfolios', { name: 'x', task_orders: [{ taskOrderNumber: '1' }] })).status).toBe(
      400,
    );
  });
});

describe('operators and task orders', () => {
  test('added to a known portfolio: 200 at A, B, C and F; administrators only once; unknown: 404', async () => {
    for (const persona of ['a', 'b', 'c', 'f'] as const) {
      const path = `/portfolios/${examplePortfolioId}`;
      const patch = { administrators: [admin] };
      expect(await api(persona, 'PATCH', path, patch)).toMatchObject({ status: 200, body: patch });
      expect((await api(persona, 'PATCH', path, patch)).body).toEqual(patch);
      expect(await api(persona, 'POST', `${path}/task-orders`, order)).toMatchObject({
        status: 200,
        body: { ...order, id: expect.any(String) },
      });
      expect((await api(persona, 'GET', path)).body).toMatchObject({ administrators: [admin], task_orders: [order] });
      expect((await api(persona, 'POST', '/portfolios/x/task-orders', order)).status).toBe(404);
      expect(town()[`csp-${persona}`].counts()).toMatchObject({ effects: 2, doubles: 0 });
    }
  });
  test('the same task order twice is a double; a rule by operation', async () => {
    const path = `/portfolios/${examplePortfolioId}/task-orders`;
    await api('a', 'POST', path, order);
    await api('a', 'POST', path, order);
    expect(town()['csp-a'].counts().doubles).toBe(1);
    await sim('POST', '/csp-a/rules', { match: { operation: 'task-order', next: 1 }, fate: 'async-complete' });
    const later = await api('a', 'POST', path, { ...order, task_order_number: '2' });
    expect((await follow('a', later.headers['location'], 'COMPLETE')).portfolio_id).toBe(examplePortfolioId);
  });
});

describe('fates by a marker in the name', () => {
  test.each([
    ['async-success', 'SUCCESS'],
    ['async-failure', 'FAILURE'],
    ['relative-location', 'COMPLETE'],
    ['unknown-status', 'PONDERING'],
    ['unknown-status', 'COMPLETE'],
    ['status-500', 'COMPLETE'],
  ])('%s: comes to %s', async (fate, status) => {
    const { headers } = await make('a', `P sim:${fate}`);
    await follow('a', headers['location'], status);
  });
  test('no-location, foreign-location, status-404', async () => {
    expect((await make('a', 'sim:no-location')).headers['location']).toBeUndefined();
    expect((await make('a', 'sim:foreign-location')).headers['location']).toMatch(/^http:\/\/169\.254\.169\.254\//);
    const { headers } = await make('a', 'sim:csp-a=status-404');
    expect((await api('a', 'GET', new URL(String(headers['location'])).pathname.replace('/csp-a', ''))).status).toBe(
      404,
    );
  });
  test('not-ready: 405; refused: 400; unknown-fields and not-json: 200', async () => {
    expect((await make('a', 'sim:not-ready')).status).toBe(405);
    expect((await make('a', 'sim:refused')).status).toBe(400);
    expect((await make('a', 'sim:unknown-fields')).body).toMatchObject({
      cloud_mood: 'fine',
      name: 'sim:unknown-fields',
    });
    expect((await make('a', 'sim:not-json')).headers['content-type']).toBe('text/plain');
  });
  test.each([
    ['504-kept', 504, 1, 2],
    ['504-lost', 504, 0, 1],
    ['silent-kept', 'TimeoutError', 1, 2],
    ['silent-lost', 'TimeoutError', 0, 1],
    ['burst-500', 500, 0, 0],
    ['busy-429', 429, 0, 0],
  ] as const)(
    '%s: %s, found by name %i times; sent again without looking, made %i times',
    async (fate, met, found, made) => {
      const name = `P sim:${fate}`;
      expect((await make('a', name, met === 'TimeoutError' ? 300 : undefined)).status).toBe(met);
      expect(await named('a', name)).toHaveLength(found);
      await make('a', name);
      expect(page('a', name)?.effects).toBe(made);
      expect(town()['csp-a'].counts().doubles).toBe(made === 2 ? 1 : 0);
    },
  );
});

describe('costs', () => {
  const cost = (persona: Persona, id: string, query = 'start_date=2025-11-15&end_date=2026-01-31') =>
    api(persona, 'GET', `/portfolios/${encodeURIComponent(id)}/cost?${query}`);
  test('A: per CLIN actual and forecast, money as strings that add up; the others 404', async () => {
    const { status, body } = await cost('a', 'any');
    const actual = {
      total: '60.51',
      results: [
        { month: '2025-11', value: '20.20' },
        { month: '2025-12', value: '20.21' },
        { month: '2026-01', value: '20.10' },
      ],
    };
    expect(status).toBe(200);
    expect(body).toEqual({
      task_orders: [
        {
          task_order_number: '1234567890123',
          clins: [{ clin_number: '9999', actual, forecast: { total: '0.00', results: [] } }],
        },
      ],
    });
    for (const persona of ['b', 'c', 'd', 'e', 'f'] as const) expect((await cost(persona, 'any')).status).toBe(404);
    const path = '/portfolios/any/task-orders/1/clins/9999/costs?start_date=2025-11-15&end_date=2026-01-31';
    expect((await api('a', 'GET', path)).body).toMatchObject({ actual });
  });
  test('arrays by rule or by a marker in the id; a known portfolio: its own CLINs', async () => {
    expect((await cost('a', 'sim:cost-arrays')).body).toMatchObject({
      task_orders: [{ clins: [{ actual: [{ total: '60.51' }] }] }],
    });
    await sim('POST', '/csp-b/rules', { match: { operation: 'cost' }, fate: 'cost-arrays' });
    expect((await cost('b', 'x')).body).toMatchObject({ task_orders: [{ clins: [{ forecast: [{ results: [] }] }] }] });
    const { id } = told(await make('a', 'Mine'));
    expect((await cost('a', id)).body).toMatchObject({ task_orders: [{ clins: [{ clin_number: '0001' }] }] });
  });
  test('no dates, wrong dates, or the wrong way round: 400; troubles by rule', async () => {
    for (const query of [
      '',
      'start_date=2026-02-30&end_date=2026-03-01',
      'start_date=2026-02-01&end_date=2026-01-01',
    ]) {
      expect((await cost('a', 'x', query)).status).toBe(400);
    }
    await sim('POST', '/csp-a/rules', { match: { portfolio: 'poor' }, fate: 'burst-503' });
    expect([
      (await cost('a', 'poor')).status,
      (await cost('a', 'poor')).status,
      (await cost('a', 'poor')).status,
    ]).toEqual([503, 503, 200]);
    expect((await cost('a', 'sim:cost-none')).status).toBe(404);
  });
});

test('each persona is a party of its own, with its own key; counts, outage, reset', async () => {
  const { body } = await ask('GET', `${town().url}/_sim`);
  expect(body).toMatchObject({
    settings: { 'csp-a': { API_KEY: 'csp-a-api-key' }, 'csp-f': { API_KEY: 'csp-f-api-key' } },
  });
  await sim('POST', '/csp-a/outage', { answer: 503, next: 1 });
  expect([(await make('a', 'Y')).status, (await make('a', 'Y')).status]).toEqual([503, 200]);
  expect((await sim('GET', '/csp-a/counts')).body).toMatchObject({ calls: { 'POST /portfolios': { 503: 1, 200: 1 } } });
  await sim('POST', '/reset');
  expect(await named('a', 'Y')).toEqual([]);
  expect((await api('a', 'GET', `/portfolios/${examplePortfolioId}`)).status).toBe(200);
});
