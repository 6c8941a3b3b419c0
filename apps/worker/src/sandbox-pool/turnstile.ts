import { AsyncLocalStorage } from 'node:async_hooks';
import type { Served } from './serve.ts';

/**
 * A crowd's visits that work at once in a sandbox, waits for third parties and clients not counted, wherever there is anybody to
 * delay. With a thousand at work each of a light client's dozen hops stood behind hundreds of commits and queue calls. Smaller
 * commits cost the crowd two fifths of its speed on a full machine (24: three tenths, 64: a tenth). Measured: ADR 0014.
 */
const FEW = 16;
/** While a light client's visits are in hand none of the crowd's begins to work: for so long at most, */
const PAUSE_MS = 100;
/** and a visit that works for longer is taken for hung: nobody waits for its place. */
const LENT_MS = 2_000;
const LOOK_EVERY_MS = 10;

/** A visit that works. */
interface Place {
  /** undefined: nobody knows whose it is, and everybody is another. */
  readonly client: string | undefined;
  sinceMs: number;
}

interface Waiting {
  readonly place: Place;
  readonly admit: () => void;
}

/** The same, with everybody but light clients' visits behind a turnstile. */
export function behindTurnstile({ run, metrics }: Served, turnstile: Turnstile): Served {
  return {
    run: (ticket, context) =>
      ticket.first ? run(ticket, context) : turnstile.pass(ticket.client, () => run(ticket, context)),
    light: (client, inHand) => turnstile.light(client, inHand),
    senders: (clients) => turnstile.senders(clients),
    ...(metrics === undefined ? {} : { metrics }),
  };
}

/** Before the work of a crowd's sandbox: light clients, whose visits are in another sandbox, go first on the machine. */
export class Turnstile {
  readonly #places = new AsyncLocalStorage<Place>();
  /** In the order they began. */
  readonly #working = new Set<Place>();
  /** Those who come back from outside go before those who begin: fewer submissions half-way. */
  readonly #returning: Waiting[] = [];
  readonly #coming: Waiting[] = [];
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  /** Two at most; undefined: nobody said yet, and everybody has others beside them. */
  #senders: readonly string[] | undefined;
  readonly #inHand = new Set<string>();
  /** What is left of the pause, as of `#reckonedMs`: it comes back while none is in hand, so the crowd has half of the time at least. */
  #pauseMs = PAUSE_MS;
  #reckonedMs = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The worker's word: light visits of this client are in its hands, or the last of them has ended. */
  light(client: string, inHand: boolean): void {
    const now = this.#now();
    this.#reckon(now);
    if (inHand) this.#inHand.add(client);
    else this.#inHand.delete(client);
    this.#admit();
  }

  /** Those who may send, two at most: beside its own client a crowd has another, or is alone. */
  senders(clients: readonly string[]): void {
    this.#senders = clients;
    this.#admit();
  }

  /** Visits that work now, and that wait for a place. */
  counts(): Readonly<Record<'at_work' | 'in_line', number>> {
    return { at_work: this.#working.size, in_line: this.#returning.length + this.#coming.length };
  }

  /** Works when there is a place. */
  async pass<T>(client: string | undefined, work: () => Promise<T>): Promise<T> {
    const place = { client, sinceMs: 0 };
    await this.#enter(place, this.#coming);
    try {
      return await this.#places.run(place, work);
    } finally {
      this.#leave(place);
    }
  }

  /** Waits for somebody else (a third party, a client, a time): the place is free meanwhile. */
  readonly outside = async <T>(wait: () => Promise<T>): Promise<T> => {
    const place = this.#places.getStore();
    if (!place) return await wait();
    this.#leave(place);
    try {
      return await wait();
    } finally {
      await this.#enter(place, this.#returning);
    }
  };

  async #enter(place: Place, line: Waiting[]): Promise<void> {
    if (this.#isFree(place)) return this.#begin(place);
    this.#timer ??= setInterval(() => this.#admit(), LOOK_EVERY_MS);
    await new Promise<void>((admit) => line.push({ place, admit }));
  }

  #begin(place: Place): void {
    place.sinceMs = this.#now();
    this.#working.add(place);
  }

  #leave(place: Place): void {
    this.#working.delete(place);
    if (this.#timer) this.#admit();
  }

  /** As many as there are places now. */
  #admit(): void {
    for (;;) {
      const line = this.#returning.length > 0 ? this.#returning : this.#coming;
      const [next] = line;
      if (!next) {
        clearInterval(this.#timer);
        this.#timer = undefined;
        return;
      }
      if (!this.#isFree(next.place)) return;
      line.shift();
      this.#begin(next.place);
      next.admit();
    }
  }

  #isFree({ client }: Place): boolean {
    if (this.#isAlone(client)) return true;
    const now = this.#now();
    for (const place of this.#working) {
      if (now - place.sinceMs < LENT_MS) break;
      this.#working.delete(place);
    }
    if (this.#working.size >= FEW) return false;
    const others = this.#inHand.size - (client !== undefined && this.#inHand.has(client) ? 1 : 0);
    return others === 0 || this.#reckon(now) === 0;
  }

  /** Nobody else may send. Whose client nobody knows (a webhook's) is the only one's. */
  #isAlone(client: string | undefined): boolean {
    if (!this.#senders || this.#senders.length > 1) return false;
    return client === undefined || this.#senders.every((sender) => sender === client);
  }

  /** What is left of the pause. */
  #reckon(now: number): number {
    const passedMs = now - this.#reckonedMs;
    this.#reckonedMs = now;
    const moved = this.#inHand.size > 0 ? -passedMs : passedMs;
    return (this.#pauseMs = Math.min(PAUSE_MS, Math.max(0, this.#pauseMs + moved)));
  }
}
