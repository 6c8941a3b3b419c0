import type { Bearer } from './clients.ts';

const REMEMBER_MS = 2_000;
/** Strangers may try any number of keys; the memory for them is bounded. */
const MAX_KEYS = 10_000;

/** Remembers for 2 s whose key is whose, so that the door does not ask PostgreSQL for every request. */
export class KeyRing {
  readonly #ask: (hash: Buffer) => Promise<Bearer | undefined>;
  readonly #known = new Map<string, { readonly bearer: Promise<Bearer | undefined>; readonly untilMs: number }>();

  constructor(ask: (hash: Buffer) => Promise<Bearer | undefined>) {
    this.#ask = ask;
  }

  bearerOf(hash: Buffer): Promise<Bearer | undefined> {
    const name = hash.toString('base64');
    const nowMs = performance.now();
    const known = this.#known.get(name);
    if (known && known.untilMs > nowMs) return known.bearer;
    if (this.#known.size >= MAX_KEYS) this.#known.clear();
    const bearer = this.#ask(hash);
    this.#known.set(name, { bearer, untilMs: nowMs + REMEMBER_MS });
    // A failed question is no answer.
    bearer.catch(() => this.#known.delete(name));
    return bearer;
  }

  forget(): void {
    this.#known.clear();
  }
}
