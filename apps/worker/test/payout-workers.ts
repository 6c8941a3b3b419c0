// Payouts with real worker processes, which can be stopped, told to end, and killed; the bank and its books are in this process.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Submission } from '@countersign/flow';
import { newTraceparent } from '@countersign/process';
import { endToEndId } from '@countersign/providers';
import { startSimulator, type SimulatorOptions } from '@countersign/simulator';
import { newId } from '@countersign/store';
import { until } from '@countersign/testkit';
import { openStage, type WorkerProcess } from './stage.ts';
import type { StopMoment } from './stops-itself.ts';

const QUICK = {
  WORKER_SANDBOX: 'none',
  PAYOUT_SHARDS: '1',
  PAYOUT_RETAKE_MS: '100',
  PAYOUT_IDLE_MS: '100',
  PAYOUT_MESSAGES_MS: '100',
  PAYOUT_READINESS_MS: '200',
};

/** `env` is every worker's; `bank` what the simulated bank is opened with. */
export async function openPayoutWorkers(env: Record<string, string> = {}, bank: SimulatorOptions['bank'] = {}) {
  const town = await startSimulator({ timeScale: 0.1, bank });
  const told = (await (await fetch(`${town.url}/_sim`)).json()) as { settings: { bank: Record<string, string> } };
  const settings = Object.entries({ URL: `${town.url}/bank`, ...told.settings.bank });
  const ofBank = settings
    .filter(([name]) => !name.startsWith('EXPIRED'))
    .map(([name, value]) => [`PROVIDER_BANK_${name}`, value]);
  const stops = await mkdtemp(join(tmpdir(), 'stops-'));
  const hook = new URL('./stops-itself.ts', import.meta.url);
  hook.searchParams.set('dir', stops);
  const NODE_OPTIONS = `--import=${hook.href}`;
  const stage = await openStage({ ...QUICK, ...Object.fromEntries(ofBank), NODE_OPTIONS, ...env });
  const { client } = await stage.store.clients.create({ name: 'payer' });

  const pay = async (part: Record<string, unknown> = {}): Promise<string> => {
    const id = newId();
    const creditor = { name: 'Ada', iban: 'EE382200221020145685' };
    await stage.store.intake.accept({
      id,
      kind: 'payout',
      clientId: client.id,
      naturalId: id,
      fingerprint: '00',
      body: JSON.stringify({ id, amount: '10.12', currency: 'EUR', creditor, ...part }),
      contentType: 'application/json',
      callbackUrl: null,
      traceparent: null,
      queued: true,
    });
    await stage.producer.startFlow({ v: 1, id, kind: 'payout', traceparent: newTraceparent() });
    return id;
  };
  return {
    ...stage,
    town,
    /** What the bank says its customer needs, `CLIENT_CERT` and the like. */
    bankSettings: told.settings.bank,
    pay,
    settledAll: (ids: readonly string[]): Promise<Submission[]> => Promise.all(ids.map((id) => stage.settled(id))),
    atBank: (id: string) => town.bank.payouts.find(endToEndId(id)),
    /** How often the file a payout stands in came to the bank, by the hash of its bytes. */
    arrivals(id: string): number[] {
      const [msgId = ''] = town.bank.payouts.find(endToEndId(id))?.msgIds ?? [];
      return Object.values(town.bank.find(msgId)?.data?.hashes ?? {});
    },
    async tell(path: string, body: unknown): Promise<void> {
      const answer = await fetch(`${town.url}/_sim/bank/${path}`, { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(await answer.text());
    },
    /** From now on: the process stops itself when it comes to that moment. */
    stopAt: async ({ child }: WorkerProcess, moment: StopMoment): Promise<void> =>
      await writeFile(join(stops, String(child.pid)), moment),
    async close(): Promise<void> {
      await stage.close();
      await Promise.all([town.close(), rm(stops, { recursive: true })]);
    },
  };
}

export type PayoutWorkers = Awaited<ReturnType<typeof openPayoutWorkers>>;

/** Whether the system has stopped it. */
export async function isStopped({ child }: WorkerProcess): Promise<boolean> {
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

/** A figure of its /metrics, with its labels if it has any; undefined where it shows none. */
export async function figure({ health }: WorkerProcess, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${health}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length));
}

export const shardsHeld = async (worker: WorkerProcess): Promise<number | undefined> =>
  await figure(worker, 'countersign_payouts_shards_held');

/** Waits until one of them holds the only shard; it, and the other. */
export async function holderOf(
  workers: readonly WorkerProcess[],
): Promise<{ holder: WorkerProcess; other: WorkerProcess }> {
  return await until(
    async () => {
      const held = await Promise.all(workers.map(shardsHeld));
      const holder = workers[held.indexOf(1)];
      const other = workers[held.indexOf(0)];
      return holder && other && { holder, other };
    },
    { label: 'one of two workers to hold the shard' },
  );
}
