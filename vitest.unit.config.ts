import { defineConfig } from 'vitest/config';

/** The tests of the rooms without I/O: no Redis, no PostgreSQL, done in a second or two. Part of `pnpm check`. */
export default defineConfig({
  test: {
    include: ['packages/{flow,steps,kinds,providers,process}/{src,test}/**/*.test.ts'],
    passWithNoTests: true,
  },
});
