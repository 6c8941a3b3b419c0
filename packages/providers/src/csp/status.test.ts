import { expect, test } from 'vitest';
import { statusUrl } from './status.ts';

const BASE = 'https://cloud.example/api/v1';

test('a status URL at the cloud itself is followed, absolute or relative', () => {
  expect(statusUrl('https://cloud.example/jobs/1?x=2', BASE)).toEqual({ url: 'https://cloud.example/jobs/1?x=2' });
  expect(statusUrl('https://cloud.example:443/jobs/1#top', BASE)).toEqual({ url: 'https://cloud.example/jobs/1' });
  expect(statusUrl('/api/v1/jobs/1', BASE)).toEqual({ url: 'https://cloud.example/api/v1/jobs/1' });
  expect(statusUrl('provisioning/1/status', BASE)).toEqual({
    url: 'https://cloud.example/api/v1/provisioning/1/status',
  });
});

test.each([
  undefined,
  '',
  ' ',
  'http://cloud.example/jobs/1',
  'https://cloud.example:8443/jobs/1',
  'https://cloud.example.evil.test/jobs/1',
  'https://evil.test/jobs/1',
  '//evil.test/jobs/1',
  '\\\\evil.test/jobs/1',
  'https://evil.test@cloud.example/jobs/1',
  'https://cloud.example@evil.test/jobs/1',
  'http://169.254.169.254/latest/meta-data',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'https://[',
])('anywhere else is not: %s', (location) => {
  expect(statusUrl(location, BASE)).toHaveProperty('refused');
});
