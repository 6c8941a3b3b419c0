import { describeProblems } from '@countersign/process';
import { expect, test } from 'vitest';
import { concurrencyOf, readWorkerEnv } from '../src/env.ts';

const least = {
  REDIS_URL: 'redis://127.0.0.1:1',
  DATABASE_URL: 'postgres://u@127.0.0.1:2/d',
  PUBLIC_URL: 'http://127.0.0.1:3',
};

test('by default a worker serves every queue, in shared sandboxes, 1,000 jobs at once per queue', () => {
  const own = readWorkerEnv(least, []).value?.own;
  expect(own).toMatchObject({
    WORKER_QUEUES: ['record', 'register', 'poll', 'settle', 'conclude', 'notify'],
    WORKER_SANDBOX: 'shared',
    CALLBACK_TIMEOUT_MS: 15_000,
  });
  expect(own && concurrencyOf(own)).toBe(1_000);
});

test("BullMQ's own sandbox: four jobs at once per queue, unless told", () => {
  const exclusive = readWorkerEnv({ ...least, WORKER_SANDBOX: 'exclusive' }, []).value?.own;
  expect(exclusive && concurrencyOf(exclusive)).toBe(4);
  const told = readWorkerEnv({ ...least, WORKER_SANDBOX: 'exclusive', WORKER_CONCURRENCY: '7' }, []).value?.own;
  expect(told && concurrencyOf(told)).toBe(7);
});

test('what is wrong is said with what would be right', () => {
  const words = describeProblems(
    readWorkerEnv({ ...least, WORKER_QUEUES: 'record,mail', WORKER_SANDBOX: 'thread' }, []).problems,
  );
  expect(words).toContain(
    'WORKER_QUEUES: was "record,mail"; expected a comma list out of record, register, poll, settle, conclude, notify',
  );
  expect(words).toContain('WORKER_SANDBOX: was "thread"; expected shared, exclusive or none');
});

test('empty WORKER_QUEUES (as docker compose gives it) is the default', () => {
  expect(readWorkerEnv({ ...least, WORKER_QUEUES: '' }, []).value?.own.WORKER_QUEUES).toHaveLength(6);
});
