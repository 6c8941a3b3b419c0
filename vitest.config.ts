import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'apps/*/{src,test}/**/*.test.ts',
      'packages/*/{src,test}/**/*.test.ts',
      'scripts/**/*.test.ts',
      '{deploy,docs}/test/*.test.ts',
    ],
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    // They wait more than they reckon: with a file per core (the default, 2) half of the machine's time was idle, and 162 files took 15 minutes.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    // Tests meet real servers and processes on a possibly busy machine; a wait that is too long fails by its own message first.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
