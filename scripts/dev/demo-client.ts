import type { Memory } from './memory.ts';

/** The demo client with a key that works. */
export type Demo = NonNullable<Memory['demo']>;

const ANSWER_WITHIN_MS = 10_000;

/**
 * The demo client of last time if its key still works, else a new one made through the admin API.
 * @throws Error with the API's answer when it refuses.
 */
export async function demoClient(api: string, memory: Memory): Promise<Demo> {
  const known = memory.demo;
  if (known !== undefined && (await keyWorks(api, known.key))) return known;
  const client = await post(`${api}/v1/clients`, memory.adminKey, { name: 'demo' });
  const key = await post(`${api}/v1/clients/${text(client, 'id')}/keys`, memory.adminKey, {
    scopes: ['read', 'write'],
  });
  return { clientId: text(client, 'id'), key: text(key, 'key'), webhookSecret: text(client, 'webhookSecret') };
}

async function keyWorks(api: string, key: string): Promise<boolean> {
  const url = `${api}/v1/transactions?limit=1`;
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  await answer.body?.cancel();
  return answer.ok;
}

async function post(url: string, key: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`POST ${url} answered ${answer.status}: ${said}`);
  // Our own API's documented answer; each field is looked at before it is used.
  return JSON.parse(said) as Record<string, unknown>;
}

function text(from: Record<string, unknown>, name: string): string {
  const value = from[name];
  if (typeof value !== 'string') throw new Error(`the admin API gave no ${name}`);
  return value;
}
