import { isIP } from 'node:net';
import { z } from 'zod';

/** Fields for `readEnv`: each says in words what it expects. */

export function wholeNumber(min: number, max: number, unit = '') {
  const words = `a whole number from ${min} to ${max}${unit && ` ${unit}`}`;
  return z.string().regex(/^\d+$/, words).transform(Number).pipe(z.number().min(min).max(max)).describe(words);
}

/** Milliseconds, up to ten years: every delay must be settable to small numbers, so a test can run a whole life in seconds. */
export function durationMs() {
  return wholeNumber(0, 315_360_000_000, '(milliseconds)');
}

/** 0 lets the system choose. */
export function port() {
  return wholeNumber(0, 65_535, '(a port; 0 = any free one)');
}

export function flag() {
  return z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .describe('true or false');
}

/** `a,b,c` → ['a', 'b', 'c']; blanks around and empty items are dropped. */
export function commaList() {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .describe('a comma list');
}

/** A URL of one of these schemes, without a trailing slash; a path is kept. */
export function url(...schemes: readonly string[]) {
  const words = `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return z
    .string()
    .refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), words)
    .transform((text) => text.replace(/\/+$/, ''))
    .describe(words);
}

export function text(min = 1, max = 10_000) {
  return z.string().min(min).max(max).describe(`text of ${min} to ${max} characters`);
}

export const logLevel = () =>
  z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('trace, debug, info, warn, error, fatal or silent');

/**
 * Whose `X-Forwarded-For` is believed: so many proxies before us, or proxies at these addresses. Never "everybody's", which
 * would let callers choose the address they are known by.
 */
export function trustedProxies() {
  const words = 'a number of proxies from 1 to 32, or a comma list of addresses and networks such as 10.0.0.0/8';
  const count = wholeNumber(1, 32);
  const networks = commaList().pipe(z.array(z.string().refine(isNetwork)).min(1));
  return z.union([count, networks], { error: words }).describe(words);
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return (
    prefix === undefined ||
    (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (family === 4 ? 32 : 128))
  );
}

/** 32 bytes in base64 or base64url. */
const KEY = /^[A-Za-z0-9+/_-]{43}=?$/;

/** A comma list of keys: `openssl rand -base64 32` makes one. */
export function secretsKeys() {
  const words = 'a comma list of keys of 32 bytes in base64, as `openssl rand -base64 32` makes them';
  return commaList()
    .refine((keys) => keys.length > 0 && keys.every((key) => KEY.test(key)))
    .transform((keys) => keys.map((key) => Buffer.from(key, 'base64')))
    .describe(words);
}

/** What every process of the house reads. */
export const everyProcess = {
  LOG_LEVEL: logLevel(),
  HOST: text().default('127.0.0.1').describe('an address to listen on, such as 127.0.0.1 or 0.0.0.0'),
  DATABASE_POOL_SIZE: wholeNumber(1, 200, 'connections').optional(),
  SECRETS_KEY: secretsKeys().optional(),
  REDIS_URL: url('redis', 'rediss').describe('a URL such as redis://127.0.0.1:6379'),
  DATABASE_URL: url('postgres', 'postgresql').describe(
    'a URL such as postgres://user:password@127.0.0.1:5432/countersign',
  ),
};

/** Calls per second above 0; `unlimited`, or not given: null. */
export function ratePerSecond() {
  const number = z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number)
    .pipe(z.number().positive());
  return z
    .union([z.literal('unlimited').transform(() => null), number])
    .default(null)
    .describe('a number of calls per second above 0, or unlimited');
}
