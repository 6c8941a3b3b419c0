import { randomBytes } from 'node:crypto';
import { Agent, request } from 'undici';
import type { Word } from './course.ts';

/** Sends webhooks as the original does: once, unsigned, never repeated. */
export interface WebhookSender {
  /** Gives the status it was answered with, `timeout`, or `error`. Never throws. */
  send(url: string, body: { id: string; status: Word }, forged: boolean): Promise<string>;
  close(): Promise<void>;
}

/** @param timeoutMs real time, not scaled: it is our patience with the receiver. */
export function createWebhookSender(timeoutMs: number): WebhookSender {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 4_000 });
  return {
    async send(url, body, forged) {
      try {
        const answer = await request(forged ? withForgedToken(url) : url, {
          dispatcher: agent,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'registry-simulator' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(timeoutMs),
        });
        await answer.body.dump();
        return String(answer.statusCode);
      } catch (error) {
        return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'error';
      }
    },
    close: () => agent.destroy(),
  };
}

/** The same URL with another last part, equally long: what somebody without the token would try. */
function withForgedToken(url: string): string {
  const cut = url.lastIndexOf('/') + 1;
  return (
    url.slice(0, cut) +
    randomBytes(url.length)
      .toString('hex')
      .slice(0, url.length - cut)
  );
}
