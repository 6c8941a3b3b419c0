import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** What a test imports from the testkit when it needs Redis, PostgreSQL or processes. */
const SERVICES = /\b(startHouse|conformance|testDatabase|testRedis|startPostgres|startRedis)\b/;
const OWN_IMPORT = /from '(\.[^']+)'/g;
const candidates = globSync('packages/{flow,steps,kinds,providers,process}/{src,test}/**/*.test.ts');

/** It, or what it imports of its own room, asks for services: helpers of several tests lie beside them. */
function needsServices(file: string, seen = new Set<string>()): boolean {
  if (seen.has(file) || !existsSync(file)) return false;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  if (SERVICES.test(text)) return true;
  const imported = [...text.matchAll(OWN_IMPORT)].map(([, path = '']) => join(dirname(file), path));
  return imported.some((each) => needsServices(each, seen));
}

/** The tests that need no services: no Redis, no PostgreSQL, done in seconds. Part of `pnpm check`. */
export default defineConfig({
  test: { include: candidates.filter((file) => !needsServices(file)), passWithNoTests: true, testTimeout: 30_000 },
});
