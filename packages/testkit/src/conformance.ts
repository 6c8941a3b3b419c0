import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Reply } from './house/http.ts';
import { startHouse, type House, type HouseOptions, type TestClient } from './house/house.ts';
import { until } from './until.ts';

/** The fates every kind must survive; a kind says which body brings each about at its simulated third party. */
export type ConformanceFate = 'settles' | 'kept-after-504' | 'refused' | 'webhook-only' | 'pending';

/** What the suite must know of a kind. */
export interface KindUnderTest {
  readonly kind: string;
  /** `/v1/<path>`. */
  readonly path: string;
  /** A valid body with this id that meets this fate. */
  readonly body: (id: string, fate: ConformanceFate, callbackUrl: string) => Record<string, unknown>;
  /** Where the key is a header: the headers for this id. */
  readonly headers?: (id: string, callbackUrl: string) => Record<string, string>;
  readonly acceptedStatus: 201 | 202;
  /** How often the third party executed the submission, from its books in the simulator. */
  readonly effects: (simulator: string, submissionId: string, id: string) => Promise<number>;
  /** Which fates its third party can bring about; all unless told (a cloud posts no webhooks). */
  readonly fates?: readonly ConformanceFate[];
}

const FINAL = ['COMPLETED', 'FAILED', 'UNRESOLVED'];

/**
 * The one suite over every kind: settles and tells once · 504-but-kept is not sent twice · refused is failed and heard ·
 * the webhook alone is enough · killed on its way leaves nobody waiting.
 */
export function conformance(kind: KindUnderTest, options: HouseOptions): void {
  describe(`every kind keeps the house's promises: ${kind.kind}`, () => {
    let house: House;
    let client: TestClient;
    beforeAll(async () => {
      house = await startHouse(options);
      client = await house.newClient(`conformance ${kind.kind}`);
    });
    afterAll(() => house?.stop());

    const submit = async (fate: ConformanceFate, id: string = randomUUID()): Promise<Reply> => {
      const callbackUrl = `${house.simulator}/client/callbacks/fine`;
      const reply = await ask('POST', `${house.url}/v1/${kind.path}`, {
        key: client.key,
        body: kind.body(id, fate, callbackUrl),
        headers: kind.headers?.(id, callbackUrl) ?? {},
      });
      expect(reply.status, reply.text).toBe(kind.acceptedStatus);
      return reply;
    };
    const has = (fate: ConformanceFate, name: string, run: () => Promise<void>): void => {
      if (kind.fates?.includes(fate) ?? true) it(name, run);
    };
    const settled = (accepted: Reply) =>
      until(
        async () => {
          const { json, text } = await house.get(accepted.json.links.self, client.key);
          if (!FINAL.includes(json.status)) throw new Error(text);
          return json;
        },
        { timeoutMs: 20_000, label: `${accepted.json.id} to settle` },
      );
    const callbacks = async (accepted: Reply) => {
      const { json } = await ask(
        'GET',
        `${house.simulator}/_sim/client/callbacks?submission=${accepted.json.submissionId}`,
      );
      // The simulator's books: what it received, each with the verdict on its signature.
      return json.data as unknown as { type: string; verified: boolean; status: string; version: number }[];
    };
    const heard = (accepted: Reply, type: string) =>
      until(async () => (await callbacks(accepted)).filter((c) => c.type === `${kind.kind}.${type}`).length > 0, {
        label: `callback ${type}`,
      });

    it('accepted is readable at once, settles, and the client is told once, signed', async () => {
      const accepted = await submit('settles');
      const read = await house.get(accepted.json.links.self, client.key);
      expect(read.status).toBe(200);
      expect((await settled(accepted)).status).toBe('COMPLETED');
      await heard(accepted, 'completed');
      const told = (await callbacks(accepted)).filter((c) => c.type.endsWith('.completed'));
      expect(told).toHaveLength(1);
      expect(told[0]?.verified).toBe(true);
      expect(await kind.effects(house.simulator, accepted.json.submissionId, accepted.json.id)).toBe(1);
    });

    has('kept-after-504', 'a 504 that was kept is not sent twice', async () => {
      const accepted = await submit('kept-after-504');
      expect((await settled(accepted)).status).toBe('COMPLETED');
      expect(await kind.effects(house.simulator, accepted.json.submissionId, accepted.json.id)).toBe(1);
    });

    has('refused', 'refused is failed, with the reason, and heard', async () => {
      const accepted = await submit('refused');
      const end = await settled(accepted);
      expect(end.status).toBe('FAILED');
      expect(end.error?.code).toBeTruthy();
      await heard(accepted, 'failed');
    });

    has('webhook-only', 'the webhook alone is enough', async () => {
      const accepted = await submit('webhook-only');
      expect((await settled(accepted)).status).toBe('COMPLETED');
      const { json } = await house.get(accepted.json.links.timeline, client.key);
      expect(json.data.some((entry) => entry.type === 'webhook' && entry.to === 'done')).toBe(true);
    });

    it('ten at once with one id are one', async () => {
      const id = randomUUID();
      const callbackUrl = `${house.simulator}/client/callbacks/fine`;
      const body = kind.body(id, 'settles', callbackUrl);
      const headers = kind.headers?.(id, callbackUrl) ?? {};
      const post = () => ask('POST', `${house.url}/v1/${kind.path}`, { key: client.key, body, headers });
      const replies = await Promise.all(Array.from({ length: 10 }, post));
      expect(new Set(replies.map((r) => r.json.id ?? r.json.existing?.id)).size).toBe(1);
      expect(replies.filter((r) => r.status < 300 && r.headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    });

    has('pending', 'its worker killed on the way leaves nobody waiting', async () => {
      const accepted = await submit('pending');
      const worker = [...house.children].find(([name]) => name.startsWith('worker'));
      await worker?.[1].kill9();
      await house.startWorker('worker-next');
      expect((await settled(accepted)).status).toBe('COMPLETED');
      expect(await kind.effects(house.simulator, accepted.json.submissionId, accepted.json.id)).toBe(1);
      await heard(accepted, 'completed');
    });
  });
}
