// The import table at the top of .eslintrc.cjs against what the packages declare: a room may not even depend on a room it
// may not import (devDependencies: nor on anything but what tests may use), and every room has a row.
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const OURS = '@countersign/';
const root = fileURLToPath(new URL('..', import.meta.url));
// The file is CommonJS and exports what its last lines say.
const { ROOMS, TESTS_ALSO } = createRequire(import.meta.url)('../.eslintrc.cjs') as {
  ROOMS: Record<string, string[]>;
  TESTS_ALSO: string[];
};

const problems: string[] = [];
for (const file of globSync('{apps,packages}/*/package.json', { cwd: root })) {
  const room = file.split('/')[1] ?? '';
  const row = ROOMS[room];
  if (row === undefined) {
    problems.push(`${file}: the room ${room} is not in the table at the top of .eslintrc.cjs`);
    continue;
  }
  // What npm defines a package.json to hold.
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  for (const name of ours(dependencies))
    if (!row.includes(name)) problems.push(`${file}: ${room} may not depend on ${name}`);
  for (const name of ours(devDependencies)) {
    if (!row.includes(name) && !TESTS_ALSO.includes(name))
      problems.push(`${file}: tests of ${room} may not depend on ${name}`);
  }
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`the import table holds for ${Object.keys(ROOMS).length} rooms`);

function ours(dependencies: Record<string, string>): string[] {
  return Object.keys(dependencies)
    .filter((name) => name.startsWith(OURS))
    .map((name) => name.slice(OURS.length));
}
