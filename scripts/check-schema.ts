// Schema drift: what the migrations make of an empty database, against packages/store/schema.snapshot.sql.
// `node scripts/check-schema.ts --write` writes the file anew, after a migration was added on purpose.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '@countersign/devservices';
import { migrate } from '@countersign/store';
import { describeSchema } from './schema/describe.ts';
import { firstDifference } from './schema/difference.ts';

const FILE = fileURLToPath(new URL('../packages/store/schema.snapshot.sql', import.meta.url));
const HEAD =
  '-- What the migrations make of an empty database. Written by `node scripts/check-schema.ts --write`; checked in CI.\n';

const postgres = await startPostgres({ throwaway: true });
try {
  await migrate(postgres.url);
  const found = HEAD + (await describeSchema(postgres.url));
  if (process.argv.includes('--write')) {
    writeFileSync(FILE, found);
    console.log(`written: ${FILE}`);
  } else {
    compare(found);
  }
} finally {
  await postgres.stop();
}

function compare(found: string): void {
  const difference = firstDifference(read(), found);
  if (difference === undefined) {
    console.log('the schema is the committed one');
    return;
  }
  console.error(`packages/store/schema.snapshot.sql differs from what the migrations make:\n${difference}`);
  console.error('If the change is meant: node scripts/check-schema.ts --write');
  process.exitCode = 1;
}

function read(): string {
  try {
    return readFileSync(FILE, 'utf8');
  } catch {
    return '';
  }
}
