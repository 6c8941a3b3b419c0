import { readFileSync } from 'node:fs';
import { type LookupFunction, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { expect, onTestFinished, test, vi } from 'vitest';
import { publicOnly } from '../src/address-guard.ts';
import { type Caller, checkCallbackUrl, createCaller, isPublicAddress } from '../src/index.ts';
import { fixtureLines } from './fixtures.ts';
import { httpServer, tcpServer } from './servers.ts';

interface Row {
  readonly url: string;
  readonly expected: string;
  readonly why: string;
  readonly stage: string;
}

const rows = fixtureLines<Row>('ssrf-urls.jsonl');
const strict = { allowPrivate: false };
const accepted = (url: string): boolean => 'ok' in checkCallbackUrl(url, strict);

/** Answers `127.0.0.1`, as the names in the list that mean "inside" would. */
const everythingIsInside: LookupFunction = (_name, options, callback) =>
  options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);

function guarded(lookup: LookupFunction, allowPrivate = false): Caller {
  const made = createCaller({ userAgent: 'countersign/0.0.0-test', allowPrivate, lookup });
  onTestFinished(() => made.destroy());
  return made;
}

test('every URL of the list that must be refused is refused, at submission or at the connection', async () => {
  const bad = rows.filter((row) => row.expected === 'reject');
  expect(bad.length).toBeGreaterThan(150);
  const { call } = guarded(everythingIsInside);
  for (const { url, stage } of bad) {
    // Judged also as https, or most would be refused for their scheme alone.
    for (const tried of [url, url.replace(/^http:/, 'https:')]) {
      if (!accepted(tried)) continue;
      expect(stage, tried).toMatch(/delivery/);
      const result = await call({ method: 'POST', url: tried, timeoutMs: 20_000 });
      expect(result, tried).toMatchObject({ type: 'no-answer', reason: 'blocked', sent: 'no' });
    }
  }
});

test('every URL of the list that must be accepted is accepted (http ones as https), public bare addresses too', () => {
  const good = rows.filter((row) => row.expected.startsWith('accept'));
  expect(good.length).toBeGreaterThan(30);
  for (const { url } of good)
    expect(checkCallbackUrl(url.replace(/^http:/, 'https:'), strict), url).toHaveProperty('ok');
});

test('with allowPrivate every http and https URL goes, other schemes and credentials do not', () => {
  const free = { allowPrivate: true };
  for (const url of [
    'http://127.0.0.1:8080/cb',
    'http://localhost/',
    'https://[::1]:9/',
    'http://10.0.0.1:22/',
    'http://a/',
  ]) {
    expect(checkCallbackUrl(url, free), url).toHaveProperty('ok');
  }
  for (const url of ['ftp://a/', 'file:///etc/passwd', 'http://u:p@a/', 'http://a:0/', 'a', '']) {
    expect(checkCallbackUrl(url, free), url).toHaveProperty('refused');
  }
});

test('an accepted URL comes back in normal form without its fragment', () => {
  expect(checkCallbackUrl('HTTPS://EXAMPLE.com/a/../b#frag', strict)).toEqual({
    ok: true,
    url: 'https://example.com/b',
  });
});

test.each([
  ['http://example.com/', 'must be an https URL'],
  ['https://0x7f.1/', 'must not point to the address 127.0.0.1 (loopback)'],
  ['https://[::ffff:a9fe:a9fe]/', 'must not point to the address ::ffff:a9fe:a9fe (ipv4Mapped)'],
  ['https://example.com:25/', 'must not use port 25'],
  ['https://metadata.google.internal/', 'must have a public host name; metadata.google.internal is not one'],
  ['https://LOCALHOST./', 'must have a public host name; localhost is not one'],
  ['nonsense', 'is not an absolute URL'],
])('%s: %s', (url, refused) => {
  expect(checkCallbackUrl(url, strict)).toEqual({ refused });
});

test('first and last address of every special-purpose block is not public; neighbours of private blocks are', () => {
  const text = readFileSync(new URL('../fixtures/special-purpose-prefixes.json', import.meta.url), 'utf8');
  const blocks = JSON.parse(text) as Record<'ipv4' | 'ipv6', { prefix: string }[]>; // our own file
  for (const { prefix } of [...blocks.ipv4, ...blocks.ipv6]) {
    const [address, bits] = ipaddr.parseCIDR(prefix);
    const bytes = address.toByteArray();
    const last = bytes.map((byte, n) => byte | (0xff >> Math.min(8, Math.max(0, bits - n * 8))));
    expect(isPublicAddress(address.toString()), prefix).toBe(false);
    expect(isPublicAddress(ipaddr.fromByteArray(last).toString()), prefix).toBe(false);
  }
  const open = [
    '9.255.255.255',
    '11.0.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '8.8.8.8',
  ];
  for (const address of [...open, '2606:4700::1111']) expect(isPublicAddress(address), address).toBe(true);
  for (const address of ['168.63.129.16', 'fe80::1%eth0', '4000::1', '', 'example.com', '0x7f.1', '1']) {
    expect(isPublicAddress(address), address).toBe(false);
  }
});

/** Answers the given lists of addresses, one list per question. */
function answering(...answers: readonly string[][]): LookupFunction {
  let asked = 0;
  return (_name, options, callback) => {
    const found = (answers[asked] ?? []).map((address) => ({ address, family: isIP(address) }));
    asked += 1;
    const [first] = found;
    if (options.all) callback(null, found);
    else callback(null, first?.address ?? '', first?.family ?? 4);
  };
}

/** What a socket would be told to connect to. */
function ask(lookup: LookupFunction, all: boolean): unknown {
  let told: unknown;
  lookup('name.example', { all }, (error, address) => (told = error ? error.message : address));
  return told;
}

test('a name that answers differently a second time (rebinding): each connection uses the very address judged for it', () => {
  for (const all of [true, false]) {
    const lookup = publicOnly(answering(['198.41.0.4'], ['127.0.0.1']));
    expect(ask(lookup, all)).toEqual(all ? [{ address: '198.41.0.4', family: 4 }] : '198.41.0.4');
    expect(ask(lookup, all)).toBe('name.example resolves to no public address');
  }
});

test('of several addresses only the public ones are connected to', () => {
  const lookup = publicOnly(answering(['127.0.0.1', '198.41.0.4', 'fc00::1', '2606:4700::1111']));
  expect(ask(lookup, true)).toEqual([
    { address: '198.41.0.4', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ]);
});

test('a name that was public at submission and is private at delivery is blocked: the canary hears nothing', async () => {
  const canary = await tcpServer(() => undefined);
  const url = `https://rebind.example:${canary.port}/`;
  expect(accepted(url)).toBe(true);
  const { call } = guarded(answering(['127.0.0.1'], ['fc00::1', '::1']));
  for (let n = 0; n < 2; n += 1) {
    const result = await call({ method: 'POST', url, timeoutMs: 20_000 });
    expect(result).toMatchObject({ reason: 'blocked', sent: 'no' });
  }
  expect(canary.opened()).toBe(0);
});

test.each(['127.0.0.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]'])(
  'the literal address %s is blocked at the connection, where no name is looked up',
  async (host) => {
    const canary = await tcpServer(() => undefined);
    const { call } = guarded(() => {
      throw new Error('no lookup expected');
    });
    const result = await call({ method: 'POST', url: `http://${host}:${canary.port}/`, timeoutMs: 20_000 });
    expect(result).toMatchObject({ reason: 'blocked', sent: 'no' });
    expect(canary.opened()).toBe(0);
  },
);

test('a proxy in the environment is not used', async () => {
  const proxy = await tcpServer(() => undefined);
  for (const name of ['http_proxy', 'HTTP_PROXY', 'ALL_PROXY']) vi.stubEnv(name, proxy.url);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { call } = guarded(everythingIsInside);
  expect(await call({ method: 'GET', url: 'http://a.example/', timeoutMs: 20_000 })).toMatchObject({
    reason: 'blocked',
  });
  expect(proxy.opened()).toBe(0);
});

test('allowed to call inside, the same caller does', async () => {
  const server = await httpServer((_request, response) => response.end('hello'));
  const { call } = guarded(everythingIsInside, true);
  const result = await call({ method: 'POST', url: `http://a.example:${server.port}/`, timeoutMs: 20_000 });
  expect(result).toMatchObject({ type: 'answer', body: 'hello' });
});
