import { gunzipSync, inflateSync } from 'node:zlib';

/**
 * A compressed answer to a request that allowed it (`accept-encoding`), unpacked; undefined where it is not compressed, or
 * is not what it claims, or would be larger than `maxBytes`: a bomb ends there.
 */
export function unpack(packed: Buffer, encoding: string | undefined, maxBytes: number): Buffer | undefined {
  const limit = { maxOutputLength: maxBytes };
  try {
    if (encoding === 'gzip' || encoding === 'x-gzip') return gunzipSync(packed, limit);
    if (encoding === 'deflate') return inflateSync(packed, limit);
  } catch {
    // Falls through: the caller gets the bytes as they came, marked as cut.
  }
  return undefined;
}
