import { randomBytes } from 'node:crypto';
import type { Timers } from '../timers.ts';

const FIVE_DAYS_MS = 5 * 86_400_000;

/** A message waiting for the customer. */
export interface Message {
  readonly responseId: string;
  /** Absent on unsolicited ones. */
  readonly requestId: string | null;
  readonly type: string;
  readonly contentType: string;
  readonly body: string;
  readonly createdAt: string;
  /** What is special about it, e.g. `delete-fails`. */
  readonly quirk: string | null;
  atMs: number;
}

export type NewMessage = Pick<Message, 'type' | 'body'> &
  Partial<Pick<Message, 'requestId' | 'quirk' | 'contentType'>> & { first?: boolean };

/** First in, first out; the oldest is told again and again until it is deleted, or for five days (scaled). */
export interface Queue {
  add(message: NewMessage): Message;
  waiting(type?: string | null): readonly Message[];
  find(responseId: string): Message | undefined;
  remove(responseId: string): Message | undefined;
  age(ms: number): void;
  clear(): void;
}

export const newRequestId = (): string => `REQ${randomBytes(16).toString('hex').toUpperCase()}`;

export function createQueue(timers: Timers): Queue {
  let messages: Message[] = [];
  const alive = (): Message[] => {
    const since = Date.now() - timers.scaled(FIVE_DAYS_MS);
    if (messages.some(({ atMs }) => atMs < since)) messages = messages.filter(({ atMs }) => atMs >= since);
    return messages;
  };
  return {
    add({ first = false, ...given }) {
      const message: Message = {
        responseId: `RES${randomBytes(16).toString('hex').toUpperCase()}`,
        requestId: null,
        quirk: null,
        contentType: 'application/xml',
        createdAt: new Date().toISOString(),
        atMs: Date.now(),
        ...given,
      };
      if (first) messages.unshift(message);
      else messages.push(message);
      return message;
    },
    waiting: (type) => (type ? alive().filter((message) => message.type === type) : alive()),
    find: (responseId) => alive().find((message) => message.responseId === responseId),
    remove(responseId) {
      const found = alive().find((message) => message.responseId === responseId);
      messages = messages.filter((message) => message !== found);
      return found;
    },
    age: (ms) => messages.forEach((message) => (message.atMs -= ms)),
    clear: () => void (messages = []),
  };
}
