import { expect, test } from 'vitest';
import { z } from 'zod';
import { archiveFields, archiveLocation } from './archive-settings.ts';
import { readEnv } from './environment.ts';

const schema = z.object(archiveFields);
const read = (env: Record<string, string>) => readEnv(schema, env);
const locate = (env: Record<string, string>) => {
  const { value } = read(env);
  return value && archiveLocation(value);
};

test('the archive is a folder unless told otherwise, and a bucket with and without a prefix, keys and endpoint', () => {
  expect(read({}).value).toMatchObject({ ARCHIVE_URL: 'file:.data/archive', ARCHIVE_AFTER_DAYS: 30 });
  expect(locate({})).toEqual({ type: 'folder', path: `${process.cwd()}/.data/archive` });
  expect(locate({ ARCHIVE_URL: 'file:///a/b%20c' })).toEqual({ type: 'folder', path: '/a/b c' });
  const bucket = { type: 's3', bucket: 'my-bucket', region: 'us-east-1' };
  expect(locate({ ARCHIVE_URL: 's3://my-bucket' })).toEqual({ ...bucket, prefix: '' });
  const whole = {
    ARCHIVE_URL: 's3://my-bucket/a/b/',
    S3_ENDPOINT: 'http://minio:9000',
    S3_REGION: 'eu-1',
    S3_ACCESS_KEY_ID: 'id',
    S3_SECRET_ACCESS_KEY: 'secret',
  };
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  expect(locate(whole)).toEqual({
    ...bucket,
    prefix: 'a/b/',
    region: 'eu-1',
    endpoint: 'http://minio:9000',
    credentials,
  });
  expect(locate({ ...whole, S3_SECRET_ACCESS_KEY: '' })).not.toHaveProperty('credentials');
});

test.each(['file:', 's3://', 's3://UPPER', 'http://x', 'file://host/share', '/a/folder'])(
  '%s is refused, with what would be right',
  (given) => {
    expect(read({ ARCHIVE_URL: given }).problems).toMatchObject(
      [{ variable: 'ARCHIVE_URL', given, expected: /s3:\/\/bucket/ }].map((each) => ({
        ...each,
        expected: expect.stringMatching(each.expected),
      })),
    );
  },
);
