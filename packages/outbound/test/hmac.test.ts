import { createSign, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyHmacSha256, verifyTimestampedRsa } from '../src/index.ts';
import { fixtureLines } from './fixtures.ts';

interface Vector {
  readonly scheme: string;
  readonly key_hex: string;
  readonly data_hex: string;
  readonly signature: string;
}

const vectors = fixtureLines<Vector>('webhook-vectors.jsonl').filter((row) => row.scheme === 'hmac-sha256');

test('RFC 4231 vectors pass in hex and Base64, any change does not', () => {
  expect(vectors).toHaveLength(2);
  for (const vector of vectors) {
    const key = Buffer.from(vector.key_hex, 'hex');
    const data = Buffer.from(vector.data_hex, 'hex');
    const base64 = Buffer.from(vector.signature, 'hex').toString('base64');
    expect(verifyHmacSha256(key, data, vector.signature, 'hex')).toBe(true);
    expect(verifyHmacSha256(key, data, vector.signature.toUpperCase(), 'hex')).toBe(true);
    expect(verifyHmacSha256(key, data, base64, 'base64')).toBe(true);
    expect(verifyHmacSha256(key, data, base64.replace('=', ''), 'base64')).toBe(false);
    expect(verifyHmacSha256(key, data, base64, 'hex')).toBe(false);
    expect(verifyHmacSha256(key, data, vector.signature.slice(0, -2), 'hex')).toBe(false);
    expect(verifyHmacSha256(key, Buffer.concat([data, Buffer.of(0)]), vector.signature, 'hex')).toBe(false);
    expect(verifyHmacSha256(key, data, '', 'hex')).toBe(false);
    expect(verifyHmacSha256(key, data, undefined, 'base64')).toBe(false);
  }
});

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rawBody = '{"event_type":"updated.status_transitioned","ü":1}';
const at = 1_700_000_000_000;

function header(signed = `${at}.${rawBody}`, t = String(at)): string {
  return `t=${t},v0=${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64')}`;
}

test('RSA: right signature over t.body is valid, by PEM and by key object, as text and as bytes', () => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  expect(verifyTimestampedRsa({ publicKey: pem, rawBody, header: header(), nowMs: at })).toBe('valid');
  const bytes = Buffer.from(rawBody);
  expect(verifyTimestampedRsa({ publicKey, rawBody: bytes, header: header(), nowMs: at })).toBe('valid');
});

test('RSA: another body, another time in the header, another key are forged; over 10 minutes is stale; the rest malformed', () => {
  const look = (change: { header?: string; rawBody?: string; nowMs?: number }): string =>
    verifyTimestampedRsa({ publicKey, rawBody, header: header(), nowMs: at, ...change });
  expect(look({ rawBody: `${rawBody} ` })).toBe('forged');
  expect(look({ header: header(undefined, String(at + 1)) })).toBe('forged');
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  expect(verifyTimestampedRsa({ publicKey: stranger, rawBody, header: header(), nowMs: at })).toBe('forged');
  expect(look({ nowMs: at + 600_000 })).toBe('valid');
  expect(look({ nowMs: at + 600_001 })).toBe('stale');
  expect(look({ nowMs: at - 600_001 })).toBe('stale');
  expect(look({ header: 'v0=abc' })).toBe('malformed');
  expect(look({ header: `t=${at},v0=` })).toBe('malformed');
  expect(verifyTimestampedRsa({ publicKey, rawBody, header: undefined, nowMs: at })).toBe('malformed');
});
