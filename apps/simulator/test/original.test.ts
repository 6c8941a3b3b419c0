import { describe, expect, test } from 'vitest';
import { startSimulator } from '../src/index.ts';
import { originalCourse } from '../src/registry/original.ts';
import { createRandom } from '../src/random.ts';
import { ask, stage, until } from './stage.ts';

describe('the original, drawn 20,000 times from a seed', () => {
  const courses = Array.from({ length: 20_000 }, (_, ordinal) => originalCourse({}, createRandom('law', ordinal)));
  const lost = courses.filter(({ answer }) => answer.how === 'fixed');
  const served = courses.filter(({ answer }) => answer.how === 'record');
  const share = (part: number, whole: number): number => Math.round((part / whole) * 100) / 100;

  test('one in ten is a 504 after 30 s', () => {
    expect(share(lost.length, courses.length)).toBe(0.1);
    expect(
      lost.every(({ answer }) => answer.how === 'fixed' && answer.status === 504 && answer.afterMs === 30_000),
    ).toBe(true);
  });
  test('half of these are kept, 30 to 120 s after the request, in final status, without a webhook', () => {
    const kept = lost.filter(({ effectMs }) => effectMs !== null);
    expect(share(kept.length, lost.length)).toBeCloseTo(0.5, 1);
    const times = kept.map(({ effectMs }) => effectMs ?? 0);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(120_000);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(85_000);
    expect(kept.every(({ first, end, webhooks }) => first === end && webhooks.length === 0)).toBe(true);
  });
  test('one third is declined', () => {
    const declined = courses.filter(({ end }) => end === 'declined').length;
    // Three standard deviations of 20,000 draws.
    expect(Math.abs(declined / courses.length - 1 / 3)).toBeLessThan(0.01);
  });
  test('the others are answered after 200 ms to 10 s, and 80 % get a webhook after 10 to 30 s', () => {
    const answers = served.map(({ settleMs }) => settleMs);
    expect(Math.min(...answers)).toBeGreaterThanOrEqual(200);
    expect(Math.min(...answers)).toBeLessThan(300);
    expect(Math.max(...answers)).toBeLessThanOrEqual(10_000);
    expect(Math.max(...answers)).toBeGreaterThan(9_900);
    const heard = served.flatMap(({ webhooks }) => webhooks);
    expect(share(heard.length, served.length)).toBe(0.8);
    expect(heard.every(({ afterMs, status }) => afterMs >= 10_000 && afterMs <= 30_000 && status === 'now')).toBe(true);
  });
});

describe('the original over HTTP, 1,000 times as fast', () => {
  const { town, receiver, id, post, look, sim, entry } = stage({ profile: 'original', timeScale: 0.001, seed: 'law' });

  test('its probabilities show in what a client sees', async () => {
    const ids = Array.from({ length: 1_000 }, id);
    const met: Awaited<ReturnType<typeof post>>[] = [];
    // Amounts with magic cents, to show that they mean nothing here.
    for (let at = 0; at < ids.length; at += 50) {
      met.push(...(await Promise.all(ids.slice(at, at + 50).map((one) => post(one, '7.02')))));
    }
    const lost = ids.filter((_, at) => met[at]?.status === 504);
    const served = ids.filter((_, at) => met[at]?.status === 200);
    expect(lost.length + served.length).toBe(1_000);
    expect(lost.length).toBeGreaterThan(70);
    expect(lost.length).toBeLessThan(130);
    const ends = met.map(({ body }) => (body as { status?: string }).status);
    expect(ends.filter((end) => end === 'declined').length / served.length).toBeCloseTo(1 / 3, 1);
    expect(ends).not.toContain('pending');
    const webhooks = () => town().registry.counts().webhooks['204'] ?? 0;
    await until('the last webhook and late effect', () => town().isIdle());
    expect(webhooks() / served.length).toBeCloseTo(0.8, 1);
    expect(receiver().came.length).toBe(webhooks());
    const kept = lost.filter((one) => entry(one).effects === 1);
    expect(kept.length / lost.length).toBeGreaterThan(0.35);
    expect(kept.length / lost.length).toBeLessThan(0.65);
    expect(kept.every((one) => entry(one).webhooks.length === 0)).toBe(true);
  });
  test('the answer carries the webhookUrl, and GET shows pending until then', async () => {
    const one = id();
    const answer = post(one, '7');
    const seen = await until('an answer to GET', async () => {
      const { status, body } = await look(one);
      return status === 200 && (body as { status: string }).status;
    });
    expect(['pending', 'completed', 'declined']).toContain(seen);
    expect((await answer).body).toMatchObject({ id: one, webhookUrl: receiver().url });
  });
  test('the profile can be changed while it runs: heal to calm', async () => {
    await sim('POST', '/registry/profile', { profile: 'calm' });
    const met = await Promise.all(Array.from({ length: 50 }, () => post(id(), '7')));
    expect(met.every(({ body }) => (body as { status: string }).status === 'completed')).toBe(true);
    await sim('POST', '/registry/profile', { weights: { declined: 1, completed: 0 } });
    expect((await post(id(), '7')).body).toMatchObject({ status: 'declined' });
    expect((await sim('POST', '/registry/profile', { weights: {} })).status).toBe(400);
  });
});

test('the same seed gives the same fates in the same order, another seed others', async () => {
  const run = async (seed: string): Promise<string> => {
    const town = await startSimulator({ seed, profile: 'rough', timeScale: 0.001, record: 'counts' });
    const fates: string[] = [];
    const asked: Promise<unknown>[] = [];
    for (let n = 0; n < 40; n++) {
      const body = { id: String(n), webhookUrl: 'http://127.0.0.1:9/x', amount: '1', currency: 'EUR' };
      asked.push(ask('POST', `${town.url}/registry/transaction`, body));
      // Not its answer: some fates have none.
      fates.push(await until('its fate', () => town.registry.find(String(n))?.fate));
    }
    await town.close();
    await Promise.all(asked);
    return fates.join(' ');
  };
  const [one, again, other] = [await run('a'), await run('a'), await run('b')];
  expect(again).toBe(one);
  expect(other).not.toBe(one);
  expect(new Set(one.split(' ')).size).toBeGreaterThan(8);
});
