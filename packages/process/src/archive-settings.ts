import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { text, url, wholeNumber } from './fields.ts';

const EXPECTED = 'file:///a/folder, file:a/folder or s3://bucket/prefix';

/** Fields of the environment about the archive, to be spread into a process's own schema. */
export const archiveFields = {
  ARCHIVE_URL: z
    .string()
    .refine((given) => placeOf(given) !== undefined, EXPECTED)
    .default('file:.data/archive')
    .describe(EXPECTED),
  ARCHIVE_AFTER_DAYS: wholeNumber(1, 36_500, 'days').default(30),
  S3_ENDPOINT: url('http', 'https').optional(),
  S3_REGION: text().default('us-east-1'),
  S3_ACCESS_KEY_ID: text().optional(),
  S3_SECRET_ACCESS_KEY: text().optional(),
};

type Place =
  | { readonly type: 'folder'; readonly path: string }
  | { readonly type: 's3'; readonly bucket: string; readonly prefix: string };

/** Where the archive lies, as `packages/archive` wants to know it. Without both keys S3 is asked as the machine's own role. */
export function archiveLocation(env: {
  readonly ARCHIVE_URL: string;
  readonly S3_ENDPOINT?: string | undefined;
  readonly S3_REGION: string;
  readonly S3_ACCESS_KEY_ID?: string | undefined;
  readonly S3_SECRET_ACCESS_KEY?: string | undefined;
}) {
  const place = placeOf(env.ARCHIVE_URL);
  if (!place) throw new Error(`ARCHIVE_URL must be ${EXPECTED}`);
  if (place.type === 'folder') return place;
  const { S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = env;
  return {
    ...place,
    region: S3_REGION,
    ...(S3_ENDPOINT === undefined ? {} : { endpoint: S3_ENDPOINT }),
    ...(S3_ACCESS_KEY_ID === undefined || S3_SECRET_ACCESS_KEY === undefined
      ? {}
      : { credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY } }),
  };
}

function placeOf(given: string): Place | undefined {
  const bucket = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w!.*'()/-]*))?$/.exec(given);
  if (bucket) {
    const prefix = (bucket[2] ?? '').replace(/^\/+|\/+$/g, '');
    return { type: 's3', bucket: bucket[1] ?? '', prefix: prefix && `${prefix}/` };
  }
  if (!given.startsWith('file:') || given.length === 5) return undefined;
  if (!given.startsWith('file://')) return { type: 'folder', path: resolve(given.slice(5)) };
  try {
    return { type: 'folder', path: fileURLToPath(given) };
  } catch {
    return undefined;
  }
}
