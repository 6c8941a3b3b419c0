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
