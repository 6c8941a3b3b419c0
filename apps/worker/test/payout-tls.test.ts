import { createClosers, createLog, readProviders } from '@countersign/process';
import { startSimulator, type Simulator } from '@countersign/simulator';
import { testRedis } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBankWay } from '../src/payouts/bank-way.ts';

const closers = createClosers(createLog({ level: 'silent', name: 'test' }));
let town: Simulator;
let told: Record<string, string>;
let redisUrl = '';
beforeAll(async () => {
  town = await startSimulator({ bank: { tlsPort: 0 } });
  // What the town says Countersign must be told: its TLS address and the certificates' files.
  const answer = await fetch(`${town.url}/_sim`);
  told = ((await answer.json()) as { settings: { bank: Record<string, string> } }).settings.bank;
  ({ url: redisUrl } = await testRedis());
});
afterAll(async () => {
  await closers.closeAll();
  await town.close();
});

async function wayWith(part: Record<string, string | undefined>) {
  const given = Object.entries({ ...told, ...part }).filter(
    ([name, value]) => value !== undefined && !name.startsWith('EXPIRED'),
  );
  const env = Object.fromEntries(given.map(([name, value]) => [`PROVIDER_BANK_${name}`, value]));
  const bank = readProviders(env, ['bank']).value?.bank;
  if (bank?.url === undefined) throw new Error(`no bank in ${JSON.stringify(told)}`);
  return await openBankWay({ ...bank, url: bank.url }, redisUrl, closers);
}

it('our certificate opens the bank’s door, and says when it ends', async () => {
  expect(told.URL).toMatch(/^https:/);
  const { calls, certificate } = await wayWith({});
  expect(await calls.heartbeat()).toBeUndefined();
  expect(await calls.next('PAYMENT')).toEqual({ type: 'empty' });
  // Deleted already, by whomever: gone is gone.
  expect(await calls.remove('RES-OF-NOBODY')).toBeUndefined();
  expect(Date.parse(certificate?.validTo ?? '')).toBeGreaterThan(Date.now());
});

it('without one, or with an expired one, the bank answers 403: forbidden, which says nothing about a file', async () => {
  const file = {
    id: 'a'.repeat(32),
    bytes: Buffer.from('<x/>'),
    timeoutMs: 5_000,
    signal: new AbortController().signal,
    isStillDue: () => true,
  };
  for (const part of [{ CLIENT_CERT: undefined, CLIENT_KEY: undefined }, { CLIENT_CERT: told.EXPIRED_CLIENT_CERT }]) {
    const { calls } = await wayWith(part);
    expect(await calls.heartbeat()).toMatch(/403 FORBIDDEN/);
    expect(await calls.initiate(file)).toMatchObject({ type: 'forbidden' });
  }
});

it('a bank that cannot show its own certificate is not spoken to', async () => {
  const { calls } = await wayWith({ CA_CERT: undefined });
  expect(await calls.heartbeat()).toMatch(/^tls/);
});
