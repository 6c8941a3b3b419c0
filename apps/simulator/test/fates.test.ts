import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fateNames } from '../src/index.ts';
import { fates } from '../src/registry/fates.ts';
import { stage, until } from './stage.ts';

const { town, receiver, id, post, look, sim, entry, holdTime, letPass } = stage();

/** The amount that makes a fate happen. */
const amountOf = (fate: keyof typeof fates): string => `7.${String(fates[fate].cents).padStart(2, '0')}`;
const webhooksOf = (one: string) => receiver().came.filter(({ body }) => (body as { id: string }).id === one);
const wordsOf = (one: string) => webhooksOf(one).map(({ body }) => (body as { status: string }).status);
const settled = (one: string, word = 'completed') =>
  until(`${one} ${word}`, async () => ((await look(one)).body as { status?: string }).status === word);

describe('endings', () => {
  test('completed: 200 completed at once, an ordinary amount too', async () => {
    for (const amount of [amountOf('completed'), '12.50', 12.5, '7', '7.123']) {
      const one = id();
      expect(await look(one)).toMatchObject({ status: 404 });
      expect(await post(one, amount)).toMatchObject({ status: 200, body: { id: one, status: 'completed' } });
      expect(await look(one)).toMatchObject({ status: 200, body: { id: one, status: 'completed' } });
      expect(entry(one)).toMatchObject({ fate: 'completed', effects: 1 });
    }
  });
  test('declined: 200 declined at once', async () => {
    expect((await post(id(), amountOf('declined'))).body).toMatchObject({ status: 'declined' });
  });
  test.each([
    ['pending-completed', 'completed'],
    ['pending-declined', 'declined'],
  ] as const)('%s: pending, then %s with a webhook', async (fate, word) => {
    const one = id();
    holdTime();
    expect((await post(one, amountOf(fate))).body).toMatchObject({ status: 'pending' });
    await letPass(999);
    expect((await look(one)).body).toMatchObject({ status: 'pending' });
    await letPass(1);
    expect((await look(one)).body).toMatchObject({ status: word });
    expect(wordsOf(one)).toEqual([word]);
    expect(entry(one).effects).toBe(1);
  });
  test('poll-only: pending, then completed, and no webhook', async () => {
    const one = id();
    await post(one, amountOf('poll-only'));
    await settled(one);
    expect(town().registry.counts().webhooks).toEqual({});
  });
  test('pending-for-ever: pending, until settled by hand', async () => {
    const one = id();
    await post(one, amountOf('pending-for-ever'));
    expect((await look(one)).body).toMatchObject({ status: 'pending' });
  });
  test('unknown-status: a word nobody knows, then completed', async () => {
    const one = id();
    expect((await post(one, amountOf('unknown-status'))).body).toMatchObject({ status: 'in_clearing' });
    await settled(one);
  });
});

describe('webhooks', () => {
  test.each([
    ['webhook-only', 200],
    ['webhook-only-absent', 404],
  ] as const)('%s: GET says %i before and after the webhook', async (fate, status) => {
    const one = id();
    expect((await post(one, amountOf(fate))).body).toMatchObject({ status: 'pending' });
    expect((await look(one)).status).toBe(status);
    await until('the webhook', () => wordsOf(one)[0] === 'completed');
    const after = await look(one);
    expect(after.status).toBe(status);
    expect(JSON.stringify(after.body)).not.toContain('completed');
    expect(entry(one).status).toBe('completed');
  });
  test('webhook-twice: the same webhook two times', async () => {
    const one = id();
    await post(one, amountOf('webhook-twice'));
    await until('both', () => wordsOf(one).length === 2);
    expect(wordsOf(one)).toEqual(['completed', 'completed']);
  });
  test('webhook-out-of-order: completed, then pending', async () => {
    const one = id();
    holdTime();
    await post(one, amountOf('webhook-out-of-order'));
    await letPass(1_001);
    expect(wordsOf(one)).toEqual(['completed', 'pending']);
  });
  test("webhook-first: the webhook is answered before the POST's answer comes", async () => {
    const one = id();
    await post(one, amountOf('webhook-first'));
    expect(wordsOf(one)).toEqual(['completed']);
    expect(entry(one).webhooks).toMatchObject([{ outcome: '204' }]);
  });
  test('webhook-late: long after the end', async () => {
    const one = id();
    holdTime();
    expect((await post(one, amountOf('webhook-late'))).body).toMatchObject({ status: 'completed' });
    await letPass(4_999);
    expect(wordsOf(one)).toEqual([]);
    await letPass(1);
    expect(wordsOf(one)).toEqual(['completed']);
  });
  test('webhook-contradicting: completed, and a webhook says declined', async () => {
    const one = id();
    expect((await post(one, amountOf('webhook-contradicting'))).body).toMatchObject({ status: 'completed' });
    await until('the webhook', () => wordsOf(one)[0] === 'declined');
    expect((await look(one)).body).toMatchObject({ status: 'completed' });
  });
  test('webhook-forged: the wrong token says declined, the truth is completed', async () => {
    const one = id();
    await post(one, amountOf('webhook-forged'));
    await until('the webhook', () => entry(one).webhooks.length === 1);
    expect(entry(one).webhooks).toMatchObject([{ forged: true, status: 'declined', outcome: '401' }]);
    expect(webhooksOf(one)[0]?.path).toMatch(/^\/hook\/[0-9a-f]{5}$/);
    await settled(one);
  });
  test('contradictory: POST pending, GET completed, webhook declined', async () => {
    const one = id();
    expect((await post(one, amountOf('contradictory'))).body).toMatchObject({ status: 'pending' });
    expect((await look(one)).body).toMatchObject({ status: 'completed' });
    await until('the webhook', () => wordsOf(one)[0] === 'declined');
  });
  test('flapping: GET says pending, completed, declined', async () => {
    const one = id();
    await post(one, amountOf('flapping'));
    const words = [await look(one), await look(one), await look(one)].map(({ body }) => body);
    expect(words).toMatchObject([{ status: 'pending' }, { status: 'completed' }, { status: 'declined' }]);
  });
});

describe('answers nobody can trust', () => {
  test('504-kept: 504 Timeout, and it is there', async () => {
    const one = id();
    expect(await post(one, amountOf('504-kept'))).toMatchObject({ status: 504, body: 'Timeout' });
    expect((await look(one)).body).toMatchObject({ status: 'completed' });
    expect(entry(one)).toMatchObject({ effects: 1, webhooks: [] });
  });
  test('504-kept-late: 504, absent, and later there without a webhook', async () => {
    const one = id();
    holdTime();
    expect((await post(one, amountOf('504-kept-late'))).status).toBe(504);
    await letPass(2_999);
    expect((await look(one)).status).toBe(404);
    await letPass(1);
    expect((await look(one)).body).toMatchObject({ status: 'completed' });
    expect(entry(one)).toMatchObject({ effects: 1, webhooks: [], statuses: [{ cause: 'late', status: 'completed' }] });
    expect(town().registry.counts().lateEffects).toBe(1);
  });
  test('504-kept-late and sent again: two effects, counted as a double', async () => {
    const one = id();
    await post(one, amountOf('504-kept-late'));
    await post(one, amountOf('504-kept-late'));
    await until('the late effect', () => entry(one).effects === 2);
    expect(town().registry.counts()).toMatchObject({ effects: 2, doubles: 1 });
  });
  test('504-lost: nothing there, the next try is served', async () => {
    const one = id();
    expect((await post(one, amountOf('504-lost'))).status).toBe(504);
    expect((await look(one)).status).toBe(404);
    expect(await post(one, amountOf('504-lost'))).toMatchObject({ status: 200, body: { status: 'completed' } });
    expect(entry(one).effects).toBe(1);
  });
  test('504-always: every time', async () => {
    const one = id();
    for (let tries = 0; tries < 4; tries++) expect((await post(one, amountOf('504-always'))).status).toBe(504);
    expect(entry(one).effects).toBe(0);
  });
  test.each([
    ['silent-kept', 1],
    ['silent-lost', 0],
  ] as const)('%s: no answer to the POST, %i effects', async (fate, effects) => {
    const one = id();
    expect((await post(one, amountOf(fate), 150)).status).toBe('TimeoutError');
    expect((await look(one)).status).toBe(effects ? 200 : 404);
    expect(entry(one).effects).toBe(effects);
    expect(entry(one).requests[0]).toMatchObject({ method: 'POST', outcome: 'silence' });
  });
  test.each([
    ['reset-before', 0],
    ['reset-after', 1],
  ] as const)('%s: the connection is reset, %i effects', async (fate, effects) => {
    const one = id();
    expect((await post(one, amountOf(fate))).status).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(entry(one).effects).toBe(effects);
    if (effects === 0) expect((await post(one, amountOf(fate))).status).toBe(200);
  });
  test('never-answers: neither POST nor GET', async () => {
    const one = id();
    expect((await post(one, amountOf('never-answers'), 150)).status).toBe('TimeoutError');
    expect((await look(one, 150)).status).toBe('TimeoutError');
    expect(entry(one).effects).toBe(0);
  });
});

describe('trouble', () => {
  test('busy-429: 429 with Retry-After two times, then served; who comes too soon is counted', async () => {
    expect(await post(id(), amountOf('busy-429'))).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    const one = id();
    // Retry-After is real time: in 60 s even a test on a busy machine comes too soon.
    await sim('POST', '/registry/rules', { match: { id: one }, fate: 'busy-429', params: { retryAfterSeconds: 60 } });
    const first = await post(one, amountOf('busy-429'));
    expect(first).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
    expect((await post(one, amountOf('busy-429'))).status).toBe(429);
    expect((await post(one, amountOf('busy-429'))).status).toBe(200);
    expect(town().registry.counts().tooSoon).toBe(2);
  });
  test.each([
    ['burst-500', 500],
    ['burst-503', 503],
  ] as const)('%s: %i two times, then served', async (fate, status) => {
    const one = id();
    const met = [await post(one, amountOf(fate)), await post(one, amountOf(fate)), await post(one, amountOf(fate))];
    expect(met.map((answer) => answer.status)).toEqual([status, status, 200]);
    expect(entry(one).effects).toBe(1);
  });
  test('refused: 400, nothing kept', async () => {
    const one = id();
    expect((await post(one, amountOf('refused'))).status).toBe(400);
    expect((await look(one)).status).toBe(404);
  });
  test('huge: 8 MiB of white space before a good record', async () => {
    const one = id();
    expect((await post(one, amountOf('huge'))).body).toEqual({ id: one, status: 'completed' });
    expect(entry(one).requests[0]).toMatchObject({ outcome: 'huge' });
  });
  test('drip: the answer outlasts the patience, the effect is there', async () => {
    const one = id();
    expect((await post(one, amountOf('drip'), 300)).status).toBe('TimeoutError');
    expect(entry(one).effects).toBe(1);
  });
  test('malformed: half a JSON document, the effect is there', async () => {
    const one = id();
    expect(await post(one, amountOf('malformed'))).toMatchObject({ status: 200, body: '{"id":"' });
    expect(entry(one).effects).toBe(1);
  });
  test('redirect: 307 elsewhere, nothing kept', async () => {
    const one = id();
    expect((await post(one, amountOf('redirect'))).status).toBe(307);
    expect(entry(one).effects).toBe(0);
  });
});

test('every fate but the dice has cents of its own, and none are common', () => {
  const cents = fateNames.map((name) => fates[name].cents).filter((one) => one !== null);
  expect(new Set(cents).size).toBe(fateNames.length - 1);
  expect(cents.filter((one) => [0, 10, 20, 25, 30, 40, 50, 75, 90, 95, 99].includes(one))).toEqual([]);
});

test('the README names every fate with its cents', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const name of fateNames) {
    const { cents, does } = fates[name];
    const shown = cents === null ? '–' : `.${String(cents).padStart(2, '0')}`;
    expect(readme).toContain(`| ${shown} | \`${name}\` | ${does} |`);
  }
});
