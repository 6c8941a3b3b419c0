import { createHash } from 'node:crypto';
import type { Reply } from '../desk/play.ts';
import type { Timers } from '../timers.ts';

const DAY_MS = 86_400_000;

interface Used {
  readonly sha256: string;
  /** Made when the transfer was, and told again as it was then. */
  readonly answer: Reply;
  atMs: number;
}

/** What a key means: free; used for the same body; for another; or older than its window. */
export type Standing = { is: 'free' } | { is: 'same'; answer: Reply } | { is: 'other' } | { is: 'expired' };

/** Idempotency keys as Bridge keeps them: 24 h (scaled) the original answer, afterwards 422. */
export interface Keys {
  look(key: string, body: string): Standing;
  use(key: string, body: string, answer: Reply, expired: boolean): void;
  /** Makes every key older. */
  age(ms: number): void;
  clear(): void;
}

export function createKeys(timers: Timers): Keys {
  const used = new Map<string, Used>();
  const sha256 = (body: string): string => createHash('sha256').update(body).digest('hex');
  return {
    look(key, body) {
      const known = used.get(key);
      if (!known) return { is: 'free' };
      if (Date.now() - known.atMs > timers.scaled(DAY_MS)) return { is: 'expired' };
      return known.sha256 === sha256(body) ? { is: 'same', answer: known.answer } : { is: 'other' };
    },
    use: (key, body, answer, expired) =>
      void used.set(key, { sha256: sha256(body), answer, atMs: expired ? -Infinity : Date.now() }),
    age: (ms) => used.forEach((one) => (one.atMs -= ms)),
    clear: () => used.clear(),
  };
}
