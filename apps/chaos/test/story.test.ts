import { expect, test } from 'vitest';
import type { Ledger } from '../src/ledger.ts';
import { storyOf } from '../src/story.ts';
import { soundLedger } from './sound-ledger.ts';

test('a story tells what every side saw, in order, with the faults in between', () => {
  const story = storyOf(soundLedger(), 2).join('\n');
  for (const word of [
    'client    POST at api-1 → 202',
    'timeline  attempt.started registry #2',
    'registry  POST → 504',
    'letterbox transaction.completed v4',
    'FAULT     cut api-postgres begins',
  ]) {
    expect(story).toContain(word);
  }
  const times = storyOf(soundLedger() as Ledger, 2)
    .slice(1)
    .map((line) => line.slice(0, 12));
  expect(times).toEqual([...times].sort());
});
