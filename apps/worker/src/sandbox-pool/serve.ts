import type { Run } from '@countersign/queue';
import type { Metrics } from '@countersign/process';
import { crossing, type Answer, type FromSandbox, type Order, type ToSandbox } from './messages.ts';

/** The argument a shared sandbox is started with; without it the same file serves BullMQ's own sandbox. */
export const SHARED = '--shared';

/** What a sandbox serves: visits, and what it counted meanwhile. */
export interface Served {
  readonly run: Run;
  readonly metrics?: Pick<Metrics, 'json'>;
  /** Told when light visits of a client are in the worker's hands, and when the last of them has ended. */
  readonly light?: (client: string, inHand: boolean) => void;
  /** Told who may send, two clients at most: first of all, and whenever that changes. */
  readonly senders?: (clients: readonly string[]) => void;
}

/**
 * A worker that is killed cannot end its sandboxes, and they would hold their connections for ever. To be called first of all, and
 * it looks as well as listens: the worker may be gone before our modules are loaded, and nobody tells of it again.
 */
export function endWithWorker(): void {
  process.once('disconnect', () => process.exit(0));
  if (!process.connected) process.exit(0);
}

/**
 * The child's side of a shared sandbox: makes many visits at once and answers in batches, one message per turn of the
 * event loop however many visits ended in it.
 */
export function serveShared({ run, metrics, light, senders }: Served): void {
  const aborts = new Map<number, AbortController>();
  let plain: number[] = [];
  let answers: Answer[] = [];
  let flushing = false;

  const flush = (): void => {
    flushing = false;
    say({ type: 'answers', plain, answers });
    plain = [];
    answers = [];
  };
  const answer = (n: number, given: Answer): void => {
    aborts.delete(n);
    if ('outcome' in given && isPlain(given.outcome)) plain.push(n);
    else answers.push(given);
    if (flushing) return;
    flushing = true;
    setImmediate(flush);
  };
  const make = async ({ n, ticket, holder, attempt, deaths }: Order): Promise<void> => {
    const abort = new AbortController();
    aborts.set(n, abort);
    try {
      answer(n, { n, outcome: await run(ticket, { holder, attempt, deaths, signal: abort.signal }) });
    } catch (error) {
      answer(n, { n, error: crossing(error) });
    }
  };

  process.on('message', (message: ToSandbox) => {
    switch (message.type) {
      case 'work':
        for (const order of message.orders) void make(order);
        for (const n of message.aborted) aborts.get(n)?.abort(new Error('the job was taken from this worker'));
        break;
      case 'light':
        light?.(message.client, message.inHand);
        break;
      case 'senders':
        senders?.(message.clients);
        break;
      case 'ping':
        say({ type: 'pong', rssBytes: process.memoryUsage.rss() });
        break;
      case 'metrics':
        void metrics?.json().then((json) => say({ type: 'metrics', n: message.n, metrics: json }));
        break;
    }
  });
  // Ctrl-C and SIGTERM reach the whole group; the worker drains and then ends us. When it is gone, so are we.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  say({ type: 'ready' });
}

function isPlain(outcome: { type: string; also: readonly unknown[]; unsettled?: boolean }): boolean {
  return outcome.type === 'done' && outcome.also.length === 0 && outcome.unsettled !== true;
}

function say(message: FromSandbox): void {
  // A worker that is gone hears nothing; `endWithWorker` ends us.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}
