import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '@countersign/testkit';

/** The simulator signs with a key the product was told before: it lies in a folder of the test's own. */
const keys = mkdtempSync(join(tmpdir(), 'countersign-ramps-'));
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
writeFileSync(join(keys, 'ramps.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });

export const RAMPS_TOWN = { SIMULATOR_KEYS_DIR: keys };

/** Longer than this machine is likely to stand still: a call that was given up takes another way to the same end. */
const TIMEOUT_MS = '3000';

const settings = (name: string, path: string): Record<string, string> => ({
  [`PROVIDER_${name}_URL`]: `{simulator}/${path}`,
  [`PROVIDER_${name}_API_KEY`]: `${path}-api-key`,
  [`PROVIDER_${name}_WEBHOOK_PUBLIC_KEY`]: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  [`PROVIDER_${name}_TIMEOUT_MS`]: TIMEOUT_MS,
  [`PROVIDER_${name}_RETRY_DELAY_MS`]: '1500',
  [`PROVIDER_${name}_POLL_MAX_DELAY_MS`]: '1000',
  [`PROVIDER_${name}_POLL_MAX_AGE_MS`]: '20000',
});
export const RAMPS_ENV = { ...settings('ON_RAMP', 'on-ramp'), ...settings('OFF_RAMP', 'off-ramp') };

export function payment(more: object = {}) {
  return {
    amount: '100.01',
    currency: 'EUR',
    sourceAccount: 'acct-source',
    destinationAccount: 'acct-destination',
    destinationCurrency: 'USD',
    ...more,
  };
}

/** How often each leg was executed, by the ramps' own books. */
export async function effectsOf(simulator: string, id: string): Promise<{ on: number; off: number; reverse: number }> {
  const of = async (ramp: string, leg: string) =>
    (await ask('GET', `${simulator}/_sim/${ramp}/effects/${encodeURIComponent(`${id}:${leg}`)}`)).json.effects ?? 0;
  const [on, off, reverse] = await Promise.all([of('on-ramp', 'on'), of('off-ramp', 'off'), of('on-ramp', 'reverse')]);
  return { on, off, reverse };
}
