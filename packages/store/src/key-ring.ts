import type { Bearer } from './clients.ts';

/** What changed of clients and their keys since a revision. */
export interface ClientNews {
  readonly revision: number;
  /** Whose; null: more than is written down. */
  readonly clients: readonly string[] | null;
}

export interface KeyRingOptions {
  /** Whose key it is, by PostgreSQL. */
  readonly ask: (hash: Buffer) => Promise<Bearer | undefined>;
  readonly news: (since: number) => Promise<ClientNews>;
  readonly nowMs?: () => number;
  readonly mostKeys?: number;
}

/** News are asked for behind a request where they are older than this … */
const CHECK_AFTER_MS = 1_000;
/** … and before it where they are older than this: a key that is revoked opens nothing 3 s later, on any replica. */
const TRUST_MS = 3_000;
/** A key nobody knows may be made at any moment. */
const STRANGER_MS = 2_000;
/** 50,000 clients at once are 25 MB; who comes least goes first. */
const MOST_KEYS = 50_000;
/** Strangers may try any number of keys; they push out each other, and no client. */
const MOST_STRANGERS = 10_000;

/**
 * Remembers whose key is whose for as long as nothing changes, so that the door asks PostgreSQL once per key and not per
 * request, however many clients there are. One small question a second says what changed; without requests there is none.
 */
export class KeyRing {
  readonly #options: KeyRingOptions;
  readonly #nowMs: () => number;
  readonly #mostKeys: number;
  readonly #known = new Map<string, Bearer>();
  readonly #strangers = new Map<string, number>();
  readonly #asking = new Map<string, { readonly bearer: Promise<Bearer | undefined>; isSpoilt: boolean }>();
  #revision = 0;
  #checkedMs = -Infinity;
  #checking: Promise<void> | undefined;

  constructor(options: KeyRingOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#mostKeys = options.mostKeys ?? MOST_KEYS;
  }

  /** How many keys are remembered, strangers' among them. */
  get size(): number {
    return this.#known.size + this.#strangers.size;
  }

  async bearerOf(hash: Buffer): Promise<Bearer | undefined> {
    const name = hash.toString('base64');
    const ageMs = this.#nowMs() - this.#checkedMs;
    if (ageMs > CHECK_AFTER_MS) {
      const checking = (this.#checking ??= this.#check());
      if (ageMs > TRUST_MS) await checking;
      // Whoever must have it will ask again and hear of the trouble then.
      else checking.catch(() => undefined);
    }
    const known = this.#known.get(name);
    if (known) {
      this.#known.delete(name);
      this.#known.set(name, known);
      return known;
    }
    if ((this.#strangers.get(name) ?? -Infinity) > this.#nowMs()) return undefined;
    return await (this.#asking.get(name)?.bearer ?? this.#learn(name, hash));
  }

  /** This process changed something of this client. */
  forget(clientId: string): void {
    this.#forget((bearer) => bearer.client.id === clientId);
  }

  #forget(isAbout: (bearer: Bearer) => boolean): void {
    for (const [name, bearer] of this.#known) if (isAbout(bearer)) this.#known.delete(name);
    // Asked before the change, perhaps: good for who asked then, not to be remembered.
    for (const asking of this.#asking.values()) asking.isSpoilt = true;
  }

  async #learn(name: string, hash: Buffer): Promise<Bearer | undefined> {
    const asking = { bearer: this.#options.ask(hash), isSpoilt: false };
    this.#asking.set(name, asking);
    try {
      const bearer = await asking.bearer;
      if (asking.isSpoilt) return bearer;
      if (bearer) keep(this.#known, name, bearer, this.#mostKeys);
      else keep(this.#strangers, name, this.#nowMs() + STRANGER_MS, MOST_STRANGERS);
      return bearer;
    } finally {
      this.#asking.delete(name);
    }
  }

  async #check(): Promise<void> {
    const beganMs = this.#nowMs();
    try {
      const { revision, clients } = await this.#options.news(this.#revision);
      if (clients === null) this.#forget(() => true);
      else if (clients.length > 0) {
        const changed = new Set(clients);
        this.#forget(({ client }) => changed.has(client.id));
      }
      this.#revision = revision;
      this.#checkedMs = beganMs;
    } finally {
      this.#checking = undefined;
    }
  }
}

/** The oldest goes where there is no room. */
function keep<T>(map: Map<string, T>, name: string, value: T, most: number): void {
  map.delete(name);
  if (map.size >= most) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
  map.set(name, value);
}
