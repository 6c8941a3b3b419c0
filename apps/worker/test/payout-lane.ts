// A bank, a database and two payers at a time, real processes, which are killed and replaced; their ways go over the gallows.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Ticket } from '@countersign/flow';
import { openHttpWire, openPostgresWire, testRedis } from '@countersign/testkit';
import { Gallows, type Place } from './gallows.ts';
import { openPayoutStage } from './payout-stage.ts';

const PAYERS = 2;
const QUICK = {
  LOG_LEVEL: 'error',
  PAYOUT_SHARDS: '1',
  PAYOUT_LEASE_MS: '500',
  PAYOUT_RENEW_MS: '150',
  PAYOUT_RETAKE_MS: '100',
  PAYOUT_IDLE_MS: '30',
  PAYOUT_MESSAGES_MS: '50',
  PAYOUT_READINESS_MS: '150',
  PAYOUT_RETRY_WINDOW_MS: '300',
  PROVIDER_BANK_TIMEOUT_MS: '2000',
  PROVIDER_BANK_CONCURRENCY: '1000',
  PROVIDER_BANK_DEBTOR_NAME: 'Countersign',
  PROVIDER_BANK_DEBTOR_IBAN: 'EE367700771000000001',
};
const FILE = fileURLToPath(new URL('./payer.ts', import.meta.url));

/** `cache`: a directory for what Node.js makes of TypeScript, so that the next process is there at once. */
export async function openPayoutLane(cache: string) {
  // The bank's report comes long after the lease of a dead payer is over: else there were nothing to repeat.
  const stage = await openPayoutStage({ reportMs: 50_000, settleMs: 5_000 }, 0.02);
  const gallows = new Gallows();
  const [redis, postgres, bank] = await Promise.all([
    testRedis(),
    openPostgresWire(stage.databaseUrl, gallows),
    openHttpWire(stage.town.url, gallows),
  ]);
  const payers = new Set<ChildProcess>();
  /** By the name of the signal, or the exit code. */
  const ends: string[] = [];
  let said = '';
  let isOpen = true;
  const { PATH = '', HOME = '' } = process.env;
  const env = {
    ...QUICK,
    PATH,
    HOME,
    NODE_COMPILE_CACHE: cache,
    REDIS_URL: redis.url,
    DATABASE_URL: postgres.url,
    PROVIDER_BANK_URL: `${bank.url}/bank`,
  };
  const start = (): void => {
    const child = spawn(process.execPath, [FILE], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    payers.add(child);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-5_000)));
    child.on('message', (tickets: Ticket[]) => {
      // One that fails is made good by the sweep, as a job that is lost.
      for (const ticket of tickets) void stage.walk(ticket).catch(() => undefined);
    });
    child.on('exit', (code, signal) => {
      payers.delete(child);
      if (!isOpen) return;
      ends.push(signal ?? String(code));
      // One that ended by itself is a finding, and no place for another.
      if (signal === 'SIGKILL') start();
    });
  };
  for (let at = 0; at < PAYERS; at += 1) start();
  return {
    stage,
    ends,
    said: () => said,
    /** Is it about what the bank reports, and not about a heartbeat's answer? */
    isReport: (what: string): boolean =>
      !stage.town.bank.messages.waiting('HEARTBEAT').some(({ responseId }) => what.endsWith(responseId)),
    /** Kills one of them at that place; resolves when it is dead. */
    killAt: (place: Place, nth: number): Promise<void> => gallows.sentence(place, nth),
    /** Kills one of them, whatever it does then. */
    async killAfter(ms: number, first: boolean): Promise<void> {
      await sleep(ms);
      [...payers].at(first ? 0 : -1)?.kill('SIGKILL');
    },
    async close(): Promise<void> {
      isOpen = false;
      const gone = [...payers].map((payer) => once(payer, 'exit'));
      for (const payer of payers) payer.kill('SIGKILL');
      await Promise.all(gone);
      await Promise.all([postgres.close(), bank.close()]);
      await stage.close();
    },
  };
}

export type PayoutLane = Awaited<ReturnType<typeof openPayoutLane>>;
