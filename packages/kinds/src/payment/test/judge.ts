import { expect } from 'vitest';
import { type Life, type Perils, type STORIES } from './perils.ts';
import { effectsOf } from './ramps.ts';

/** 100.07 EUR less 1 % (1.00), times 1.08; then less 1.5 % to USD, or less 1 % and back to EUR. To the last digit. */
const PAID_OUT = '106.995600';
const ENDS = {
  'both ramps': {
    effects: { on: 1, off: 1, reverse: 0 },
    ids: ['onRampTxId', 'offRampTxId'],
    resource: {
      status: 'COMPLETED',
      processedAt: expect.stringMatching(/Z$/),
      onRamp: { amount: '100.07', payoutAmount: PAID_OUT },
      offRamp: { amount: PAID_OUT, payoutAmount: '105.39' },
    },
  },
  'the off-ramp refuses: reversed': {
    effects: { on: 1, off: 1, reverse: 1 },
    ids: ['onRampTxId', 'offRampTxId', 'reverseTxId'],
    resource: {
      status: 'FAILED',
      error: { code: 'CANCELED', provider: 'off-ramp' },
      onRamp: { amount: '100.07', payoutAmount: PAID_OUT },
      offRamp: { amount: PAID_OUT },
      reverse: { amount: PAID_OUT, payoutAmount: '98.07' },
    },
  },
};

/** Whatever moment its process died at: the same end, each leg once in the ramps' books, and the client told of it with every id. */
export async function judge({ town, told, crew }: Perils, story: keyof typeof STORIES, life: Life): Promise<void> {
  const { effects, ids, resource } = ENDS[story];
  const end = await life.ends();
  const lines = await town.timeline(life.id);
  const { watched, cuts } = life;
  const said = (await crew.worker()).said();
  const why = `killed ${watched.diedAt}; ${JSON.stringify({ moments: watched.moments, cuts: cuts(), lines, said }, undefined, 1)}`;
  expect(end, why).toMatchObject(resource);
  expect(await effectsOf(town.house.simulator, life.id), why).toEqual(effects);
  for (const id of ids) expect(end[id], why).toMatch(/^transfer_/);
  const heard = await town.callbacks(life.id);
  expect(new Set(heard.map(({ type }) => type)), why).toEqual(new Set([`payment.${resource.status.toLowerCase()}`]));
  const calls = lines.filter(({ type }) => type === 'callback');
  const unanswered = calls.filter(({ statusCode }) => statusCode !== 200).length;
  expect(calls.length - unanswered, why).toBe(1);
  // Told again only where nobody could know that it was told (cut off by a death, or answered too late), and then the same bytes under the same id.
  expect(heard.length, why).toBeLessThanOrEqual(1 + cuts() + unanswered);
  for (const of of ['webhookId', 'bodySha256', 'verified'] as const)
    expect(new Set(heard.map((callback) => callback[of])).size, why).toBe(1);
  expect(heard[0]?.verified, why).toBe(true);
  const { data } = told(life.id)[0] ?? {};
  expect(data, why).toMatchObject({ ...resource, ...Object.fromEntries(ids.map((id) => [id, end[id]])) });
}
