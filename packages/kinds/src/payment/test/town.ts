import { randomUUID } from 'node:crypto';
import { migrate } from '@countersign/store';
import { ask, startHouse, until, type HouseOptions, type Reply } from '@countersign/testkit';
import { payment, RAMPS_ENV, RAMPS_TOWN } from './ramps.ts';

/** As the simulated client wrote it down. */
export interface Callback {
  readonly type: string;
  readonly verified: boolean;
  readonly status: string;
  readonly webhookId: string;
  readonly bodySha256: string;
}

/** The whole product with its ramps, and a client that pays. */
export async function openPayments(options: Partial<HouseOptions> = {}) {
  const house = await startHouse({ migrate, env: RAMPS_ENV, simulator: RAMPS_TOWN, ...options });
  const client = await house.newClient('payments');
  const admin = { key: house.adminKey };

  const read = async (id: string) =>
    JSON.parse((await house.get(`/v1/payments/${id}`, client.key)).text) as Record<string, unknown>;
  const timeline = async (id: string) =>
    JSON.parse((await house.get(`/v1/payments/${id}/timeline`, client.key)).text) as { data: Line[] };
  const callbacks = async (id: string) => {
    const { text } = await ask('GET', `${house.simulator}/_sim/client/callbacks?submission=${id}`);
    return (JSON.parse(text) as { data: Callback[] }).data;
  };
  return {
    house,
    client,
    admin,
    read,
    callbacks,
    timeline: async (id: string) => (await timeline(id)).data,
    pay: async (more: object = {}, key: string = randomUUID(), headers: Record<string, string> = {}): Promise<Reply> =>
      await ask('POST', `${house.url}/v1/payments`, {
        key: client.key,
        headers: { 'idempotency-key': key, ...headers },
        body: payment({ callbackUrl: `${house.simulator}/client/callbacks/fine`, ...more }),
      }),
    ends: async (id: string, status: string) =>
      await until(
        async () => {
          const found = await read(id);
          if (found['status'] !== status) throw new Error(JSON.stringify(found));
          return found;
        },
        { timeoutMs: 20_000, label: `${id} to be ${status}` },
      ),
    hears: async (id: string, type: string) =>
      await until(async () => (await callbacks(id)).some((c) => c.type === type), { label: `callback ${type}` }),
  };
}

interface Line {
  readonly type: string;
  readonly statusCode?: number;
  readonly provider?: string;
  readonly to?: string;
  readonly reason?: string;
  readonly actor?: string;
}

export type Payments = Awaited<ReturnType<typeof openPayments>>;
