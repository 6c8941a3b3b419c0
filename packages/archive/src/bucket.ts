import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ArchiveLocation, ObjectStore } from './object-store.ts';

const CONNECT_WITHIN_MS = 2_000;
/** A part has 32 MB of documents at most, usually far less. */
const ANSWER_WITHIN_MS = 60_000;

/** A bucket of S3 or of what speaks like it. S3 shows an object whole or not at all, so a put is one request. */
export function openBucket(location: ArchiveLocation & { type: 's3' }): ObjectStore {
  const { bucket: Bucket, prefix, region, endpoint, credentials } = location;
  const client = new S3Client({
    region,
    ...(credentials ? { credentials } : {}),
    // Others than AWS seldom have a host name per bucket, and do not know AWS's newer checksums.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_WITHIN_MS, requestTimeout: ANSWER_WITHIN_MS },
    maxAttempts: 3,
  });
  const at = (path: string) => ({ Bucket, Key: prefix + path });
  const read = async (path: string, range?: string): Promise<Uint8Array> => {
    const { Body } = await client.send(new GetObjectCommand({ ...at(path), ...(range ? { Range: range } : {}) }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };
  return {
    put: async (path, bytes) => {
      await client.send(new PutObjectCommand({ ...at(path), Body: bytes, ContentType: contentTypeOf(path) }));
    },
    get: async (path) => {
      try {
        return await read(path);
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    slice: async (path, start, end) => await read(path, `bytes=${start}-${end - 1}`),
    remove: async (path) => void (await client.send(new DeleteObjectCommand(at(path)))),
    url: async (path, forMs) =>
      await getSignedUrl(client, new GetObjectCommand(at(path)), { expiresIn: Math.round(forMs / 1_000) }),
    close: () => client.destroy(),
  };
}

function contentTypeOf(path: string): string {
  return path.endsWith('.parquet') ? 'application/vnd.apache.parquet' : 'application/json';
}
