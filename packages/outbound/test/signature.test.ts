import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { newSecret, signatureHeaders, verifyStandardWebhook } from '../src/index.ts';
import { fixtureLines } from './fixtures.ts';

interface Vector {
  readonly id: string;
  readonly scheme: string;
  readonly secret: string;
  readonly msg_id: string;
  readonly timestamp: number | string;
  readonly body: string;
  readonly signature: string;
  readonly now: number;
  readonly expected: 'valid' | 'invalid' | 'either' | 'config-error';
}

const vectors = fixtureLines<Vector>('webhook-vectors.jsonl').filter((row) => row.scheme === 'standard-webhooks');

function verify(vector: Vector): string {
  return verifyStandardWebhook({
    headers: {
      'webhook-id': vector.msg_id,
      'webhook-timestamp': String(vector.timestamp),
      'webhook-signature': vector.signature,
    },
    rawBody: vector.body,
    secrets: [vector.secret],
    nowMs: vector.now * 1000,
  });
}

test.each(vectors)('published vector $id is $expected', (vector) => {
  if (vector.expected === 'config-error') expect(() => verify({ ...vector, now: 1614265330 })).toThrow(TypeError);
  else if (vector.expected === 'valid') expect(verify(vector)).toBe('valid');
  else expect(verify(vector)).not.toBe('valid');
});

test('the published vectors are there', () => {
  expect(vectors).toHaveLength(19);
});

test('our headers pass the official library, also while a secret rotates', () => {
  const [old, fresh] = [newSecret(), newSecret()];
  const body = '{"type":"transaction.completed","data":{"id":"ü"}}';
  const timestampSec = Math.floor(Date.now() / 1000);
  const headers = signatureHeaders({ id: 'cb_1', timestampSec, body, secrets: [fresh, old] });
  expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
  for (const secret of [old, fresh]) {
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(new Webhook(secret).verify(Buffer.from(body), headers)).toEqual(JSON.parse(body));
  }
  expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow();
  expect(() => new Webhook(old).verify(body.replace('ü', 'u'), headers)).toThrow();
});

test('the official library signs what we verify, and a signed byte buffer is the same as its text', () => {
  const secret = newSecret();
  const at = new Date(1_700_000_000_000);
  const headers = {
    'webhook-id': 'm1',
    'webhook-timestamp': '1700000000',
    'webhook-signature': new Webhook(secret).sign('m1', at, '{}'),
  };
  const nowMs = at.getTime();
  expect(verifyStandardWebhook({ headers, rawBody: Buffer.from('{}'), secrets: [secret], nowMs })).toBe('valid');
  expect(verifyStandardWebhook({ headers, rawBody: '{}', secrets: [newSecret()], nowMs })).toBe('forged');
  expect(verifyStandardWebhook({ headers, rawBody: '{}', secrets: [newSecret(), secret], nowMs })).toBe('valid');
});

test('five minutes are tolerated, no second more; missing headers are malformed', () => {
  const secret = newSecret();
  const headers = signatureHeaders({ id: 'm', timestampSec: 1_700_000_000, body: '', secrets: [secret] });
  const at = (nowMs: number): string => verifyStandardWebhook({ headers, rawBody: '', secrets: [secret], nowMs });
  expect(at(1_700_000_300_000)).toBe('valid');
  expect(at(1_700_000_300_001)).toBe('stale');
  expect(at(1_699_999_700_000)).toBe('valid');
  expect(at(1_699_999_699_999)).toBe('stale');
  const { 'webhook-id': _id, ...rest } = headers;
  expect(verifyStandardWebhook({ headers: rest, rawBody: '', secrets: [secret], nowMs: 0 })).toBe('malformed');
});

test('a new secret is whsec_ and 32 bytes, another one each time; no secret is a clear error', () => {
  expect(newSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(newSecret()).not.toBe(newSecret());
  expect(() => signatureHeaders({ id: 'm', timestampSec: 1, body: '', secrets: [] })).toThrow(/at least one secret/);
  expect(() => signatureHeaders({ id: 'm', timestampSec: 1, body: '', secrets: ['whsec_'] })).toThrow(/whsec_/);
});
