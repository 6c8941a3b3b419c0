// Payouts with the real store and the simulator's bank, in one process: each "replica" can be killed at any call.
import { randomUUID } from 'node:crypto';
import type { Submission, Ticket } from '@countersign/flow';
import { createCaller, type Call } from '@countersign/outbound';
import { createLog } from '@countersign/process';
import { bankNeighbour, createBankCalls, endToEndId } from '@countersign/providers';
import { startSimulator, type SimulatorOptions } from '@countersign/simulator';
import { visit, type House } from '@countersign/steps';
import { migrate, newId, openStore, type Store } from '@countersign/store';
import { testDatabase, until } from '@countersign/testkit';
import { discoverPlans } from '@countersign/kinds';
import type { Office } from '../src/payouts/office.ts';
import { sweep } from '../src/sweep.ts';
import { openPayouts, type PayoutRooms } from '../src/payouts/payouts.ts';
import type { PayoutSettings } from '../src/payouts/settings.ts';
import { seamed, type Seam } from './payout-seam.ts';

export const QUICK: PayoutSettings = {
  shards: 2,
  leaseMs: 1_500,
  renewMs: 500,
  retakeMs: 100,
  idleMs: 30,
  retryWindowMs: 300,
  messagesMs: 50,
  readinessMs: 100,
  drainMs: 5_000,
  maxAgeMs: 60_000,
};

/** A lease that no stall of the test's own process ends, and calls that it does not end either: for tests about something else. */
export const UNHURRIED = { leaseMs: 60_000, timeoutMs: 30_000 };

export interface Replica extends PayoutRooms {
  readonly office: Omit<Office, 'owner' | 'doubt'>;
}

export async function openPayoutStage(bank: SimulatorOptions['bank'] = {}, timeScale = 0.05) {
  const database = await testDatabase({ migrate });
  const store: Store = openStore({ databaseUrl: database.url, applicationName: 'payout-test' });
  const town = await startSimulator({ timeScale, bank });
  const caller = createCaller({ userAgent: 'test', allowPrivate: true });
  const { client } = await store.clients.create({ name: 'test' });
  const plan = (await discoverPlans()).find(({ kind }) => kind === 'payout');
  if (!plan) throw new Error('there is no kind payout');
  const poll = { firstMs: 1, secondMs: 1, maxDelayMs: 1, maxAgeMs: QUICK.maxAgeMs };
  const provider = bankNeighbour.create(
    { url: town.url, timeoutMs: 1_000, retry: { retries: 0, retryDelayMs: 0 }, poll, concurrency: 50 },
    () => Promise.reject(new Error('visits do not call the bank')),
    'bank',
  );
  const told: string[] = [];
  const house: House = {
    cellar: store.cellar,
    letterbox: {
      post: (_callback, body) => {
        told.push((JSON.parse(body) as { type: string }).type);
        return Promise.resolve({ type: 'delivered', durationMs: 0 });
      },
    },
    plan: () => plan,
    provider: () => provider,
    webhookUrl: () => '',
    serves: () => true,
    callbacks: { retries: 0, scheduleMs: [], timeoutMs: 1_000 },
    inlineWaitMs: 0,
    outside: (wait) => wait(),
    random: () => 0,
  };
  const walk = async (ticket: Ticket, inside: House = house): Promise<void> => {
    const { signal } = new AbortController();
    const { also } = await visit(inside, ticket, randomUUID(), signal);
    // No queue here: what the client is to be told is told at once.
    for (const { ticket: next } of also) if (next.step === 'notify') await visit(inside, next, randomUUID(), signal);
  };
  /** An accepted payout whose leg is open. Its cents choose its fate at the bank; `text` is its body instead. */
  const accept = async (part: Record<string, unknown> = {}, text?: string, callbackUrl: string | null = null) => {
    const id = newId();
    const body = {
      id,
      amount: '10.01',
      currency: 'EUR',
      creditor: { name: 'Ada', iban: 'EE382200221020145685' },
      ...part,
    };
    await store.intake.accept({
      id,
      kind: 'payout',
      clientId: client.id,
      naturalId: id,
      fingerprint: '00',
      body: text ?? JSON.stringify(body),
      contentType: 'application/json',
      callbackUrl,
      traceparent: null,
      queued: true,
    });
    await walk({ v: 1, step: 'record', id, kind: 'payout' });
    return id;
  };
  const replicas: Replica[] = [];
  const killed = new Set<Replica>();
  const open = (
    { timeoutMs = 1_000, ...settings }: Partial<PayoutSettings> & { readonly timeoutMs?: number } = {},
    seam: Seam = (_what, call) => call(),
    checks: Parameters<typeof openPayouts>[1] = { postgres: () => store.ping() },
  ): Replica => {
    const call: Call = (request) =>
      seam(`${request.method} ${new URL(request.url).pathname}`, () => caller.call(request));
    const office: Replica['office'] = {
      store: seamed(store, seam),
      bank: createBankCalls({ url: `${town.url}/bank`, timeoutMs }, call),
      debtor: { name: 'Countersign', iban: 'EE367700771000000001', bic: 'LHVBEE22' },
      settings: { ...QUICK, ...settings },
      log: createLog({ level: 'silent', name: 'test' }),
      remind: (tickets) => seam('remind', async () => void (await Promise.all(tickets.map((ticket) => walk(ticket))))),
    };
    const replica = { ...openPayouts(office, checks), office };
    replicas.push(replica);
    return replica;
  };
  const find = async (id: string): Promise<Submission> => {
    const found = await store.cellar.load(id);
    if (!found) throw new Error(`${id} is gone`);
    return found;
  };
  const settled = async (ids: readonly string[], timeoutMs = 15_000): Promise<Submission[]> =>
    await until(
      async () => {
        const found = await Promise.all(ids.map(find));
        return found.every(({ settledAt }) => settledAt !== null) && found;
      },
      { timeoutMs, label: `${ids.length} payouts to settle` },
    );
  const tell = async (path: string, body: unknown): Promise<void> => {
    const answer = await fetch(`${town.url}/_sim/bank/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
  };
  return {
    databaseUrl: database.url,
    store,
    town,
    killed,
    /** The types of all callbacks, in the order of their posting. */
    told,
    house,
    accept,
    open,
    walk,
    find,
    settled,
    tell,
    atBank: (id: string) => town.bank.payouts.find(endToEndId(id)),
    /** What a kill leaves to the sweep: kept words that nobody applied. */
    async sweep(ids: readonly string[]): Promise<void> {
      await store.agenda.push(ids, 0);
      const remind = async (tickets: readonly Ticket[]): Promise<void> =>
        void (await Promise.all(tickets.map((ticket) => walk(ticket))));
      const backlog = () => Promise.reject(new Error('there is no Redis'));
      await sweep(store.agenda, { remind, backlog, room: () => 500 }, createLog({ level: 'silent', name: 'test' }));
    },
    get replica(): Replica {
      const [first] = replicas;
      if (!first) throw new Error('no replica is open');
      return first;
    },
    async close(): Promise<void> {
      // One that was killed never ends.
      await Promise.all(replicas.filter((replica) => !killed.has(replica)).map((replica) => replica.close()));
      await caller.destroy();
      await store.close();
      await town.close();
      await database.drop();
    },
  };
}

export type PayoutStage = Awaited<ReturnType<typeof openPayoutStage>>;
