import { createHash } from 'node:crypto';
import type { ArchivedRow } from '@countersign/flow';

/** SHA-256 (hex) over all a row holds, its document byte by byte: equal digests are equal rows. */
export function digestOf(row: ArchivedRow): string {
  const { document, ...rest } = row;
  const names = Object.keys(rest).sort() as (keyof typeof rest)[];
  const hash = createHash('sha256').update(JSON.stringify(names.map((name) => [name, rest[name]])));
  return hash.update('\0').update(document).digest('hex');
}
