import { setTimeout as sleep } from 'node:timers/promises';
import { BANK } from '@countersign/providers';
import type { Office } from './office.ts';

export interface Readiness {
  readonly isReady: () => boolean;
  /** Not ready until everything has been looked at anew. */
  readonly doubt: (reason: string) => void;
  readonly checks: () => Readonly<Record<string, string | null>>;
  readonly close: () => Promise<void>;
}

interface ReadinessOptions {
  /** By name; each resolves when it is well and throws what is not. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly office: Pick<Office, 'store' | 'bank' | 'settings' | 'log'>;
}

/** How long an answer to a message heartbeat is waited for before another is sent. */
const ANSWER_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 250;

/**
 * Not ready at first; ready when every check of seed 000 is well: configuration, database, Redis, the bank's heartbeat, and a
 * message heartbeat whose answer came back with its Message-Request-Id. Looked at again and again; the message heartbeat once per
 * life and after every doubt.
 */
export function createReadiness({ checks, office }: ReadinessOptions): Readiness {
  const closing = new AbortController();
  let ready = false;
  let isHeard = false;
  let found: Record<string, string | null> = Object.fromEntries(
    [...Object.keys(checks), 'heartbeat', 'messages'].map((name) => [name, 'not looked at yet']),
  );
  const look = async (): Promise<void> => {
    const all = { ...checks, heartbeat: async () => refuse(await office.bank.heartbeat(closing.signal)) };
    const results = await Promise.all(Object.entries(all).map(async ([name, check]) => [name, await reasonOf(check)]));
    found = { messages: found.messages ?? null, ...Object.fromEntries(results) } as Record<string, string | null>;
    // The calls were cut short: that says nothing of the bank.
    if (closing.signal.aborted) return;
    const isWell = Object.entries(found).every(([name, reason]) => name === 'messages' || reason === null);
    if (isWell && !isHeard) found.messages = (await hearItself(office, closing.signal)) ?? null;
    isHeard = isHeard || (isWell && found.messages === null);
    const before = ready;
    ready = isWell && isHeard;
    if (before !== ready) office.log.info({ ready, checks: found }, ready ? 'payouts: ready' : 'payouts: not ready');
    await office.store.outlooks.tell(BANK, { ready, checks: found }).catch(() => undefined);
  };
  const loop = (async () => {
    while (!closing.signal.aborted) {
      await look().catch((err: unknown) => {
        ready = false;
        office.log.warn({ err }, 'readiness could not be looked at');
      });
      await sleep(office.settings.readinessMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  })();
  return {
    isReady: () => ready && !closing.signal.aborted,
    doubt: (reason) => {
      ready = false;
      isHeard = false;
      found = { ...found, messages: `in doubt: ${reason}` };
    },
    checks: () => found,
    close: async () => {
      closing.abort();
      await loop;
    },
  };
}

/** Sends a message heartbeat and reads until its answer is there, whichever replica reads it. */
async function hearItself(
  { bank, store, settings }: ReadinessOptions['office'],
  closing: AbortSignal,
): Promise<string | undefined> {
  const sent = await bank.messageHeartbeat(closing);
  if ('trouble' in sent) return sent.trouble;
  const untilMs = performance.now() + ANSWER_WITHIN_MS;
  while (!closing.aborted && performance.now() < untilMs) {
    for (;;) {
      const next = await bank.next('HEARTBEAT', closing);
      if (next.type === 'trouble') return next.reason;
      if (next.type === 'empty') break;
      // Another replica's answer is kept for it before it is deleted.
      await store.bankMail.keep(next.message);
      await store.bankMail.end(next.message.id, 'APPLIED');
      if ((await bank.remove(next.message.id, closing)) !== undefined) break;
      await store.bankMail.deleted(next.message.id);
    }
    if (await store.bankMail.hasAnswer(sent.requestId)) return undefined;
    await sleep(Math.min(LOOK_EVERY_MS, settings.readinessMs), undefined, { signal: closing }).catch(() => undefined);
  }
  return `no answer to the message heartbeat within ${ANSWER_WITHIN_MS} ms`;
}

function refuse(trouble: string | undefined): void {
  if (trouble !== undefined) throw new Error(trouble);
}

async function reasonOf(check: () => Promise<unknown>): Promise<string | null> {
  try {
    await check();
    return null;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).slice(0, 200);
  }
}
