import { join } from 'node:path';
import { until } from '@countersign/testkit';
import { FILE_WEIGHTS, payoutRules } from '../kinds/payout.ts';
import { fateRules } from '../kinds/transaction-fates.ts';
import { TIME_SCALE } from '../settings.ts';
import { startMember, type Member } from './member.ts';
import type { Release } from './release.ts';

/** Every third party, in one process of the simulator's. */
export interface Town {
  readonly member: Member;
  readonly url: string;
  /** By party and setting: what Countersign must be told. */
  readonly parties: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Starts it with the fates of the load. `frontPort`: where its webhooks go. */
export async function startTown(
  release: Release,
  dataDir: string,
  seed: number,
  port: number,
  frontPort: number,
): Promise<Town> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    SIMULATOR_PORT: String(port),
    SIMULATOR_SEED: String(seed),
    SIMULATOR_TIME_SCALE: String(TIME_SCALE),
    SIMULATOR_PRODUCT_URL: `http://127.0.0.1:${frontPort}`,
    SIMULATOR_MAGIC_AMOUNTS: 'false',
  };
  const member = startMember({
    name: 'simulator',
    program: (release) => join(release.root, 'apps/simulator/src/main.ts'),
    release,
    env,
    logFile: join(dataDir, 'simulator.log'),
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/_sim`)).ok, { timeoutMs: 20_000, label: 'the simulator' });
  for (const rule of fateRules()) await tellTown(url, 'registry/rules', rule);
  for (const rule of payoutRules()) await tellTown(url, 'bank/payout-rules', rule);
  await tellTown(url, 'bank/profile', { weights: FILE_WEIGHTS });
  // The simulator's own word on what Countersign must be told.
  const { settings } = (await (await fetch(`${url}/_sim`)).json()) as { settings: Town['parties'] };
  return { member, url, parties: settings };
}

async function tellTown(url: string, path: string, body: object): Promise<void> {
  const answer = await fetch(`${url}/_sim/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the simulator refused ${JSON.stringify(body)} at ${path}: ${await answer.text()}`);
}
