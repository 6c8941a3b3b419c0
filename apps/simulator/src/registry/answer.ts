import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { answerJson, answerText, reset } from '../http.ts';
import type { Timers } from '../timers.ts';
import type { Answer, Word } from './course.ts';

/** What the answer speaks of; read when it is sent, not when it is planned. */
export interface Subject {
  readonly id: string;
  readonly status: () => Word;
  readonly webhookUrl: string;
}

/** The answer's word in the books. */
export function outcomeOf(answer: Answer): string {
  if (answer.how === 'record') return '200';
  return answer.how === 'fixed' ? String(answer.status) : answer.how;
}

/** Answers a POST in the way of its fate. Silence leaves the connection open until the caller gives up. */
export function giveAnswer(response: ServerResponse, answer: Answer, subject: Subject, timers: Timers): void {
  if (answer.how === 'silence') return;
  if (answer.how === 'huge') return sendHuge(response, answer.bytes, subject);
  if (answer.how === 'drip') return drip(response, answer.everyMs, subject, timers);
  timers.after(answer.afterMs, () => {
    if (answer.how === 'reset') reset(response);
    else if (answer.how === 'fixed') answerText(response, answer.status, answer.body, answer.headers);
    else {
      const { id, status, webhookUrl } = subject;
      const record = { id, status: answer.word ?? status() };
      answerJson(response, 200, answer.withWebhookUrl ? { ...record, webhookUrl } : record);
    }
  });
}

/** A valid record, padded with white space in front: only who reads to the end learns what it says. */
function sendHuge(response: ServerResponse, bytes: number, { id, status }: Subject): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const chunk = ' '.repeat(64 * 1024);
  const parts = function* (): Generator<string> {
    for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
    yield JSON.stringify({ id, status: status() });
  };
  // The caller hangs up in the middle when it is wise; that is no error of ours.
  pipeline(Readable.from(parts()), response).catch(() => undefined);
}

function drip(response: ServerResponse, everyMs: number, { id, status }: Subject, timers: Timers): void {
  const text = JSON.stringify({ id, status: status() });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
  response.flushHeaders();
  const next = (at: number): void => {
    if (response.destroyed) return;
    if (at === text.length) return void response.end();
    response.write(text[at]);
    timers.after(everyMs, () => next(at + 1));
  };
  next(0);
}
