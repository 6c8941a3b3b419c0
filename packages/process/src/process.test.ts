import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import {
  childTraceparent,
  createClosers,
  createLog,
  createMetrics,
  newTraceparent,
  parseTraceparent,
  withDeadline,
} from './index.ts';

function memory() {
  const lines: string[] = [];
  const to = new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) });
  return { lines, to };
}

test('a log line hides credentials and what clients sent, however they are nested', () => {
  const { lines, to } = memory();
  const log = createLog({ level: 'info', name: 'test' }, to);
  log.info(
    {
      kind: 'transaction',
      id: '1',
      secret: 'hunter2',
      req: { headers: { authorization: 'Bearer hunter2' } },
      payload: { iban: 'hunter2' },
    },
    'said',
  );
  log.info({ a: { b: { apiKey: 'hunter2', key: 'hunter2' } }, body: 'hunter2' }, 'said');
  expect(lines.join()).not.toContain('hunter2');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    name: 'test',
    kind: 'transaction',
    id: '1',
    msg: 'said',
  });
});

test('what was opened in order closes in reverse; the late and the broken are named and do not stop the rest', async () => {
  const { to } = memory();
  const closers = createClosers(createLog({ level: 'silent', name: 'test' }, to));
  const closed: string[] = [];
  await closers.open(
    'first',
    () => 1,
    () => closed.push('first'),
  );
  await closers.open(
    'hangs',
    () => 1,
    () => new Promise(() => undefined),
    20,
  );
  await closers.open(
    'breaks',
    () => 1,
    () => Promise.reject(new Error('no')),
  );
  await closers.open(
    'last',
    () => 1,
    () => closed.push('last'),
  );
  expect(await closers.closeAll()).toEqual(['breaks', 'hangs']);
  expect(closed).toEqual(['last', 'first']);
  expect(await closers.closeAll()).toEqual(['breaks', 'hangs']);
  expect(closed).toHaveLength(2);
});

test('a deadline is not over because this process stood still: what was answered meanwhile counts', async () => {
  const answered = withDeadline(50, async () => {
    await new Promise((answer) => {
      setTimeout(answer, 60);
      blocked(200);
    });
    // One more turn: the answer to the next question.
    await new Promise((answer) => setTimeout(answer, 20));
    return 'answered';
  });
  expect(await answered).toBe('answered');
  await expect(withDeadline(20, () => new Promise(() => undefined))).rejects.toThrow('not done within 20 ms');
});

function blocked(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

test('when opening fails, what is already open is closed', async () => {
  const closers = createClosers(createLog({ level: 'silent', name: 'test' }, memory().to));
  const closed: string[] = [];
  await closers.open(
    'first',
    () => 1,
    () => closed.push('first'),
  );
  await expect(
    closers.open(
      'second',
      () => Promise.reject(new Error('away')),
      () => closed.push('second'),
    ),
  ).rejects.toThrow('away');
  expect(closed).toEqual(['first']);
});

test("another process's metrics are added to ours", async () => {
  const [main, child] = [createMetrics({ ofProcess: true }), createMetrics({ ofProcess: false })];
  main.counter('calls_total', 'Calls', ['to']).inc({ to: 'registry' }, 2);
  child.counter('calls_total', 'Calls', ['to']).inc({ to: 'registry' }, 3);
  child.histogram('step_seconds', 'Steps', ['step']).observe({ step: 'poll' }, 0.2);
  // As it crosses the process wall.
  const over = JSON.parse(JSON.stringify(await child.json()));
  const text = await main.text([over]);
  expect(text).toContain('calls_total{to="registry"} 5');
  expect(text).toContain('step_seconds_count{step="poll"} 1');
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

test('a gauge is collected at the scrape', async () => {
  const metrics = createMetrics({ ofProcess: false });
  let depth = 1;
  metrics.gauge('depth', 'Depth', [], (gauge) => gauge.set(depth));
  depth = 7;
  expect(await metrics.text()).toContain('depth 7');
});

test('a traceparent goes on in the same trace with a new span; a broken one starts a new trace', () => {
  const parent = newTraceparent();
  const child = childTraceparent(parent);
  expect(parseTraceparent(child)?.traceId).toBe(parseTraceparent(parent)?.traceId);
  expect(parseTraceparent(child)?.spanId).not.toBe(parseTraceparent(parent)?.spanId);
  for (const bad of ['', 'x', `ff${parent.slice(2)}`, `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`, `${parent}-more`]) {
    expect(parseTraceparent(bad)).toBeUndefined();
    expect(parseTraceparent(childTraceparent(bad))).toBeDefined();
  }
});
