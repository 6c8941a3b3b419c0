import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** What a test imports from the testkit when it needs Redis, PostgreSQL or processes. */
const NEEDS_SERVICES = /\b(startHouse|conformance|testDatabase|testRedis)\b|\/town\.ts'/;
const candidates = globSync('packages/{flow,steps,kinds,providers,process}/{src,test}/**/*.test.ts');

/** The tests that need no services: no Redis, no PostgreSQL, done in seconds. Part of `pnpm check`. */
export default defineConfig({
  test: { include: candidates.filter((file) => !NEEDS_SERVICES.test(readFileSync(file, 'utf8'))), passWithNoTests: true },
});
