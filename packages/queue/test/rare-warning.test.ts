import { expect, test } from 'vitest';
import { rareWarning } from '../src/rare-warning.ts';

test('a thousand troubles in a moment are one line, with what it is about', () => {
  const lines: object[] = [];
  const warn = rareWarning({ warn: (facts: object) => void lines.push(facts) }, 'the queue is in trouble', {
    step: 'poll',
  });
  for (let n = 0; n < 1_000; n += 1) warn(new Error('OOM'));
  expect(lines).toMatchObject([{ step: 'poll', times: 1 }]);
});

test('a connection that fails is told in one line, anything else with its stack', () => {
  const lines: object[] = [];
  const log = { warn: (facts: object) => void lines.push(facts) };
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  });
  rareWarning(log, 'Redis is in trouble')(refused);
  const bug = new Error('OOM');
  rareWarning(log, 'Redis is in trouble')(bug);
  expect(lines).toEqual([
    { reason: 'connect ECONNREFUSED 127.0.0.1:6379', times: 1 },
    { err: bug, times: 1 },
  ]);
});
