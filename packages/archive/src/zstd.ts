import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Far more than a part's documents with all that is known of them: a page that claims more was tampered with. */
const MAX_BYTES = 512 * 1024 * 1024;

export const COMPRESSORS = { ZSTD: (input: Uint8Array): Uint8Array => zstdCompressSync(input) };
export const DECOMPRESSORS = {
  ZSTD: (input: Uint8Array): Uint8Array => zstdDecompressSync(input, { maxOutputLength: MAX_BYTES }),
};
