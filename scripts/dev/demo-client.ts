import type { Memory } from './memory.ts';

/** The demo client with a key that works. */
export type Demo = NonNullable<Memory['demo']>;

const ANSWER_WITHIN_MS = 10_000;
/** A machine that is busy starting everything sheds load (503), and a child may be restarted just then. */
const PATIENCE_MS = 60_000;
const AGAIN_AFTER_MS = 500;

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
  const answer = await patiently(`${api}/v1/transactions?limit=1`, { headers: { authorization: `Bearer ${key}` } });
  await answer.body?.cancel();
  return answer.ok;
}

/** Asked again while nobody answers, or the answer is 503. @throws what fetch threw last. */
async function patiently(url: string, init: RequestInit): Promise<Response> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      if (answer.status !== 503 || Date.now() > deadline) return answer;
      await answer.body?.cancel();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((wake) => setTimeout(wake, AGAIN_AFTER_MS));
  }
}

async function post(url: string, key: string, body: object): Promise<Record<string, unknown>> {
  const answer = await patiently(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
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
