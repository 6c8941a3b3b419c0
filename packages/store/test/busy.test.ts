import { expect, test } from 'vitest';
import { batched } from '../src/batch.ts';

const MOST = 10;

test('StoreBusy, at once, for who comes when as many wait as may; those who wait are served, and then anybody again', async () => {
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const write = batched<number, number>({
    name: 'accept',
    keyOf: String,
    maxInFlight: 1,
    maxWaiting: MOST,
    run: async (rows) => {
      await held;
      return rows.map((row) => row * 2);
    },
  });
  const under = write(1);
  await new Promise((turn) => setImmediate(turn));
  const waiting = Array.from({ length: MOST }, (_, n) => write(n + 2));
  await expect(write(99)).rejects.toMatchObject({ name: 'StoreBusy', code: 'STORE_BUSY' });
  goOn();
  expect(await Promise.all([under, ...waiting])).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]);
  expect(await write(50)).toBe(100);
});
