import { expect, test } from 'vitest';
import { readArguments } from '../src/arguments.ts';
import { batched } from '../src/floor/batched.ts';
import { discoverScenarios, type Outcome } from '../src/scenario.ts';
import { arrivals, quantile } from '../src/statistics.ts';
import { cpuUs } from '../src/stage/cpu.ts';
import { answerOf, startOurs } from '../src/stage/processes.ts';
import { tableOf } from '../src/table.ts';
import type { FromThirdParty } from '../src/third-party-words.ts';

const known = await discoverScenarios();

test('every scenario is found by its file', () => {
  expect([...known.keys()].sort()).toEqual([
    'accept',
    'idle',
    'receipts',
    'receipts-read',
    'tenants',
    'tenants-200ms',
    'walk',
    'walk-200ms',
  ]);
});

test('what is not understood is said, with what there is', () => {
  expect(readArguments(['walk', '--quick', '--json', 'x.json'], ['walk'])).toEqual({
    scenarios: ['walk'],
    json: 'x.json',
    quick: true,
    skipBuild: false,
  });
  expect(() => readArguments(['run'], ['walk', 'idle'])).toThrow('there is no scenario run; there are walk, idle');
  expect(() => readArguments(['--json'], ['walk'])).toThrow('--json wants the name of a file');
  expect(() => readArguments(['--fast'], ['walk'])).toThrow('--fast is not known');
});

test('arrival times are fixed by the seed, in order, and of the rate asked for', () => {
  const times = arrivals(10_000, 500, 7);
  expect(times).toEqual(arrivals(10_000, 500, 7));
  expect([...times]).toEqual([...times].sort((a, b) => a - b));
  expect((times.at(-1) ?? 0) / 1_000).toBeCloseTo(20, 0);
});

test('a quantile is a value that was measured', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
  expect(quantile([], 0.5)).toBeNaN();
});

test('rows that arrive while a flush is under way go together, and a failed flush fails its own rows only', async () => {
  const flushes: (readonly number[])[] = [];
  const put = batched<number>(async (rows) => {
    flushes.push(rows);
    await Promise.resolve();
    if (rows.includes(13)) throw new Error('13');
  });
  await Promise.all([put(1), put(2), put(3)]);
  expect(flushes).toEqual([[1, 2, 3]]);
  await expect(put(13)).rejects.toThrow('13');
  await expect(put(14)).resolves.toBeUndefined();
});

test.runIf(process.platform === 'linux')('the processors’ use is counted by process', () => {
  const groups = [{ name: 'me', roots: [process.pid], take: 'itself' as const }];
  const before = cpuUs(groups)?.['me'] ?? NaN;
  // So much use of ours, not so much time: others may have the processors meanwhile.
  const begun = process.cpuUsage();
  const usedUs = (): number => process.cpuUsage(begun).user + process.cpuUsage(begun).system;
  while (usedUs() < 200_000) Math.sqrt(before);
  const used = (cpuUs(groups)?.['me'] ?? NaN) - before;
  // /proc counts in ticks of 10 ms, user and system each.
  expect(used).toBeGreaterThan(150_000);
});

test('the third party registers once, says what it knows, and counts a second POST of one id', async () => {
  const running = startOurs('third-party.ts');
  // Our own process on the other side of the pipe.
  const port = await answerOf(running, (message) =>
    'listening' in (message as FromThirdParty) ? (message as { listening: number }).listening : undefined,
  );
  const url = `http://127.0.0.1:${port}`;
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  expect((await fetch(`${url}/registry/transaction/a`)).status).toBe(404);
  expect(await (await post('/registry/transaction', { id: 'a' })).json()).toEqual({ id: 'a', status: 'completed' });
  expect((await fetch(`${url}/registry/transaction/a`)).status).toBe(200);
  await post('/registry/transaction', { id: 'a' });
  await post('/callbacks', { type: 't', data: { id: 'run-3' } });
  await post('/callbacks', { type: 't', data: { id: 'run-3' } });
  running.child.send({ report: ['run'] });
  const seen = await answerOf(running, (message) =>
    'seen' in (message as FromThirdParty)
      ? (message as { seen: { doubles: number; repeated: number; arrivedMs: Record<string, Float64Array> } }).seen
      : undefined,
  );
  expect(seen).toMatchObject({ posts: 2, looks: 2, doubles: 1, repeated: 1 });
  expect(seen.arrivedMs['run']).toHaveLength(4);
  await running.stop();
});

test('the table sets the product beside its floor, and says which goal was missed', () => {
  const outcome = (value: number): Outcome => ({
    figures: [{ what: 'end to end', unit: '/s', value, goal: { atLeast: 2_000 }, ratio: true }],
    cost: { seconds: 2, cpuUs: { API: 1_000_000, generator: 0 }, peakMb: {}, othersCores: 1.25 },
    transactions: 1_000,
    remarks: ['a remark'],
  });
  const table = tableOf('walk', outcome(1_000), outcome(4_000));
  expect(table).toContain('end to end   1,000 /s   4,000 /s   0.25×   ≥ 2,000 /s  MISSED');
  expect(table).toContain('API 1000 (25 %)');
  expect(table).toContain('others used 1.3 cores');
  expect(table).toContain('floor: a remark');
});
