import type { Where } from './where.ts';

/** A submission as `GET /v1/<kind>/{id}` shows it, as far as the demo reads it (contract.md 3.2). */
export interface Resource {
  readonly id: string;
  readonly submissionId: string;
  readonly status: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly settledAt: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly links: { readonly self: string; readonly timeline: string };
}

/** One line of `GET .../timeline`. */
export interface TimelineEvent {
  readonly at: string;
  readonly type: string;
  readonly provider?: string;
  readonly attempt?: number;
  readonly statusCode?: number;
  readonly durationMs?: number;
  readonly error?: string;
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly reason?: string;
}

/** A callback as the simulator's client wrote it down. */
export interface ReceivedCallback {
  readonly order: number;
  readonly at: string;
  readonly type: string | null;
  readonly version: number | null;
  readonly verified: boolean | null;
  readonly problem: string | null;
  readonly answered: string;
}

/** The API or the simulator said no, or nothing. */
export class AskFailed extends Error {
  /** From a `Retry-After`; 0 when there was none. */
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.name = 'AskFailed';
    this.retryAfterMs = retryAfterMs;
  }
}

async function ask(url: string, init: RequestInit): Promise<unknown> {
  const asked = `${init.method ?? 'GET'} ${url}`;
  let answer: Response;
  try {
    answer = await fetch(url, { ...init, signal: AbortSignal.timeout(15_000) });
  } catch (error) {
    const reason = error instanceof Error ? `${error.message}${error.cause ? `: ${String(error.cause)}` : ''}` : error;
    throw new AskFailed(`${asked} got no answer (${String(reason)})`);
  }
  const text = await answer.text();
  if (!answer.ok) {
    const retryAfterMs = Number(answer.headers.get('retry-after') ?? 0) * 1_000;
    throw new AskFailed(`${asked} answered ${answer.status}: ${text.slice(0, 500)}`, retryAfterMs || 0);
  }
  return JSON.parse(text);
}

/** Speaks to the API and to the simulator. Every method throws AskFailed. */
export function createAsker({ apiUrl, key, simulatorUrl }: Where) {
  const authorization = { authorization: `Bearer ${key}` };
  // The answers are those of contract.md 3.2 and of the simulator's README.
  return {
    submit: async (path: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<Resource> => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const init = {
        method: 'POST',
        body: text,
        headers: { 'content-type': 'application/json', ...headers, ...authorization },
      };
      return (await ask(apiUrl + path, init)) as Resource;
    },
    read: async (self: string): Promise<Resource> => {
      return (await ask(new URL(self, apiUrl).href, { headers: authorization })) as Resource;
    },
    timeline: async (link: string): Promise<readonly TimelineEvent[]> => {
      const { data } = (await ask(new URL(link, apiUrl).href, { headers: authorization })) as { data: TimelineEvent[] };
      return data;
    },
    callbacks: async (submissionId: string): Promise<readonly ReceivedCallback[]> => {
      const url = `${simulatorUrl}/_sim/client/callbacks?submission=${submissionId}`;
      return ((await ask(url, {})) as { data: ReceivedCallback[] }).data;
    },
    tellSecret: async (secret: string): Promise<void> => {
      await ask(`${simulatorUrl}/_sim/client/secrets`, { method: 'POST', body: JSON.stringify({ secret }) });
    },
  };
}
export type Asker = ReturnType<typeof createAsker>;
