import { randomUUID } from 'node:crypto';
import { migrate } from '@countersign/store';
import { ask, startHouse, until } from '@countersign/testkit';
import { CLOUDS_ENV, FUNDING, job } from './clouds.ts';

export interface Result {
  readonly cursor: string;
  readonly code: number;
  readonly content: { readonly request: { readonly jobId: string }; readonly response: Record<string, never> };
}

/** A house with the simulator's clouds, and a client that asks things of them. */
export async function openRequester(env: Record<string, string> = {}) {
  const house = await startHouse({ migrate, env: { ...CLOUDS_ENV, ...env } });
  const client = await house.newClient('requester');

  const post = async (body: object) =>
    await ask('POST', `${house.url}/v1/provisioning-jobs`, { key: client.key, body });

  /** All results of this client, read as one who takes nothing. */
  async function resultOf(jobId: string, after = '0'): Promise<Result | undefined> {
    const { text } = await ask('GET', `${house.url}/v1/provisioning-jobs?after=${after}`, { key: client.key });
    const items = JSON.parse(text) as Result[];
    const mine = items.find(({ content: { request } }) => request.jobId === jobId);
    const last = items.at(-1);
    return mine ?? (last && (await resultOf(jobId, last.cursor)));
  }

  /** The end of a job: its result, its resource, the callback it was told by. */
  async function endOf(more: object, name = '') {
    const id = randomUUID();
    const title = `${id} ${name}`.trim();
    const callbackUrl = `${house.simulator}/client/callbacks/fine`;
    const made = await post({
      ...job(id, { payload: { name: title, fundingSources: [FUNDING] }, ...more }),
      callbackUrl,
    });
    if (made.status !== 201) throw new Error(`${made.status}: ${made.text}`);
    const result = await until(() => resultOf(id), { timeoutMs: 20_000, label: `the result of ${title}` });
    const { json } = await house.get(`/v1/provisioning-jobs/${id}`, client.key);
    const word = `provisioning-job.${json.status.toLowerCase()}`;
    await until(async () => {
      const books = await ask('GET', `${house.simulator}/_sim/client/callbacks?submission=${made.json.submissionId}`);
      return books.json.data.some(({ type }) => type === word);
    });
    return { id, title, code: result.code, response: result.content.response, job: json };
  }

  /** What a cloud wrote down of one thing it was told. */
  async function seen(party: string, title: string) {
    const { text } = await ask('GET', `${house.simulator}/_sim/${party}/effects/${encodeURIComponent(title)}`);
    const page = JSON.parse(text) as {
      effects: number;
      requests: { call: string; at: string; notes: { deadline?: string } }[];
    };
    return { ...page, posts: page.requests.filter((r) => r.call.startsWith('POST')) };
  }
  return { house, client, post, resultOf, endOf, seen, stop: () => house.stop() };
}

export type Requester = Awaited<ReturnType<typeof openRequester>>;
