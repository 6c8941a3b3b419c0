import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { answerText, reset } from '../http.ts';
import type { Call } from '../party.ts';
import type { Page } from './books.ts';
import type { Desk, Plan } from './desk.ts';
import type { Trouble } from './fate.ts';
import type { Note } from './watch.ts';

/** An HTTP answer. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Reply => {
  return { status, body: JSON.stringify(value), headers: { 'content-type': 'application/json', ...headers } };
};

/** Gives an answer and writes it down. */
export function give(call: Call, note: Note, { status, body, headers = {} }: Reply): void {
  const retryAfter = headers['retry-after'];
  note(String(status), retryAfter === undefined ? null : Number(retryAfter));
  answerText(call.response, status, body, headers);
}

/** What was asked for: how it is done, and how that is answered. */
export interface Deed {
  /** Does it. What it returns is waited for before the answer: a webhook that is to come first. */
  readonly effect: (late: boolean) => void | Promise<unknown>;
  /** Read when the answer is sent, not when it is planned. */
  readonly answer: () => Reply;
  /** A refusal in the party's own shape. */
  readonly refusal: (status: number, code: string) => Reply;
}

/** Plays one telling by its plan: the effect, and the answer or what comes instead. */
export async function play<Data, Life>(
  desk: Desk<Data, Life>,
  call: Call,
  page: Page<Data>,
  note: Note,
  { trouble, params }: Plan<Life>,
  deed: Deed,
): Promise<void> {
  const { timers } = desk.ground;
  const { effect = 'kept', deaf = false } = trouble ?? {};
  if (deaf) page.deaf = true;
  if (effect === 'late') timers.after(params.lateMs, () => void deed.effect(true));
  const first = effect === 'kept' ? deed.effect(false) : undefined;
  if (first) await first;
  if (!trouble) return timers.after(params.answerMs, () => give(call, note, deed.answer()));
  if (trouble.how === 'silence') return note('silence');
  if (trouble.how === 'huge') {
    note('huge');
    return sendHuge(call, params.bytes, deed.answer());
  }
  timers.after(params.answerMs, () => {
    if (trouble.how === 'reset') {
      note('reset');
      reset(call.response);
    } else give(call, note, instead(trouble, deed, params));
  });
}

function instead(trouble: Trouble, deed: Deed, params: Plan<unknown>['params']): Reply {
  if (trouble.how === 'malformed') {
    const { body, ...rest } = deed.answer();
    return { ...rest, body: body === '' ? '{"' : body.slice(0, body.length / 2) };
  }
  if (trouble.how === 'redirect') {
    return { status: 307, body: '', headers: { location: 'http://169.254.169.254/elsewhere' } };
  }
  const status = trouble.status ?? params.httpStatus;
  const reply = deed.refusal(status, trouble.status === undefined ? params.code : (wordOf[status] ?? 'trouble'));
  const retryAfter = { 'retry-after': String(params.retryAfterSeconds) };
  return trouble.retryAfter ? { ...reply, headers: { ...reply.headers, ...retryAfter } } : reply;
}

const wordOf: Record<number, string> = {
  429: 'too_many_requests',
  500: 'internal_error',
  503: 'unavailable',
  504: 'timeout',
};

/** A good answer, padded with white space in front: only who reads to the end learns what it says. */
function sendHuge(call: Call, bytes: number, { status, body, headers }: Reply): void {
  call.response.writeHead(status, headers);
  const chunk = ' '.repeat(64 * 1024);
  const parts = function* (): Generator<string> {
    for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
    yield body;
  };
  // The caller hangs up in the middle when it is wise; that is no error of ours.
  pipeline(Readable.from(parts()), call.response).catch(() => undefined);
}
