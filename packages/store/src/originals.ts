import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Line } from './line.ts';
import { ORIGINAL } from './original-sql.ts';

/** As it is kept: 2 kB of XML become 0.7 kB in 35 µs; at 1,000/s that is 3.5 % of a core, for a third of the disk. */
export function packed(bytes: Uint8Array): Buffer {
  return zstdCompressSync(bytes);
}

/** More than any document accepted: a row that was tampered with cannot fill the memory. */
const MAX_BYTES = 64 * 1024 * 1024;

export async function readOriginal(line: Line, id: string): Promise<Uint8Array | undefined> {
  const [row] = await line.rows<{ bytes: Buffer }>(ORIGINAL, [id]);
  return row && zstdDecompressSync(row.bytes, { maxOutputLength: MAX_BYTES });
}

/** A receipt is read three times within a second: by its judge and for each authority. */
const MOST_REMEMBERED_BYTES = 16 * 1024 * 1024;
/** A promise and its entry weigh something too. */
const ENTRY_BYTES = 500;

/** As `readOriginal`; documents never change, so those read last are remembered, up to 16 MB of them. */
export function openOriginals(line: Line): (id: string) => Promise<Uint8Array | undefined> {
  const known = new Map<string, { readonly bytes: Promise<Uint8Array | undefined>; size: number }>();
  let total = 0;
  const forget = (id: string): void => {
    total -= known.get(id)?.size ?? 0;
    known.delete(id);
  };
  return async (id) => {
    const before = known.get(id);
    if (before) return await before.bytes;
    const entry = { bytes: readOriginal(line, id), size: ENTRY_BYTES };
    known.set(id, entry);
    total += entry.size;
    try {
      const bytes = await entry.bytes;
      // One that is not there may come to be there.
      if (!bytes) forget(id);
      else if (known.get(id) === entry) {
        entry.size += bytes.byteLength;
        total += bytes.byteLength;
      }
      for (const oldest of known.keys()) {
        if (total <= MOST_REMEMBERED_BYTES) break;
        forget(oldest);
      }
      return bytes;
    } catch (error) {
      forget(id);
      throw error;
    }
  };
}
