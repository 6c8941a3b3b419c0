import type { ArchivedRow } from '@countersign/flow';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { columnsOf, FORMAT } from './columns.ts';
import { COMPRESSORS } from './zstd.ts';

/** A single receipt is read with the row group it lies in: small groups keep that to some milliseconds and one short range. */
const GROUP_ROWS = 1_000;
const GROUP_BYTES = 4 * 1024 * 1024;

/** A Parquet file of rows in the order of their ids. The same rows give the same bytes. */
export function parquetOf(rows: readonly ArchivedRow[]): Uint8Array {
  const [first] = rows;
  if (!first) throw new Error('a file of no rows is no file');
  const file = parquetWriteBuffer({
    columnData: columnsOf(rows),
    codec: 'ZSTD',
    compressors: COMPRESSORS,
    rowGroupSize: groupsOf(rows),
    // Whole ids: readers find the group of one by them.
    statisticsTruncateLength: 36,
    kvMetadata: [
      { key: 'countersign.format', value: String(FORMAT) },
      { key: 'countersign.kind', value: first.kind },
      { key: 'countersign.client', value: first.clientId },
    ],
    createdBy: 'countersign',
  });
  return new Uint8Array(file);
}

function groupsOf(rows: readonly ArchivedRow[]): number[] {
  const groups: number[] = [];
  let [count, size] = [0, 0];
  for (const { document } of rows) {
    if (count > 0 && (count === GROUP_ROWS || size + document.length > GROUP_BYTES)) {
      groups.push(count);
      [count, size] = [0, 0];
    }
    count += 1;
    size += document.length;
  }
  return [...groups, count];
}
