import { request } from 'undici';

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The body as JSON; without fields where there is none. */
  readonly json: Said;
}

/**
 * The fields tests read, of whatever was answered: resources, clients and keys, lists, problems, the simulator's books.
 * A field that is not there is undefined at run time and fails the assertion that names it.
 */
export interface Said {
  readonly id: string;
  readonly submissionId: string;
  readonly status: string;
  readonly version: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly registrations: readonly { readonly provider: string; readonly status: string; readonly attempts: number }[];
  readonly links: { readonly self: string; readonly timeline: string };
  readonly data: readonly {
    readonly type: string;
    readonly to?: string;
    readonly error?: string;
    readonly statusCode?: number;
  }[];
  readonly existing: { readonly id: string; readonly status: string } | undefined;
  readonly key: string;
  readonly webhookSecret: string;
  readonly effects: number;
  readonly type: string;
  readonly total: number;
}

export interface Asking {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** One HTTP call as an outsider makes it. A string body goes as it is, anything else as JSON. */
export async function ask(method: string, url: string, asking: Asking = {}): Promise<Reply> {
  const { key, body, headers } = asking;
  const reply = await request(url, {
    method: method as 'GET',
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await reply.body.text();
  return { status: reply.statusCode, headers: reply.headers, text, json: parsed(text) };
}

function parsed(text: string): Said {
  try {
    // A cast at the wall: see Said.
    return JSON.parse(text) as Said;
  } catch {
    return {} as Said;
  }
}
