import { AsyncLocalStorage } from 'node:async_hooks';
import type { Served } from './serve.ts';

/**
 * A crowd's visits that work at once in a sandbox, waits for third parties and clients not counted. With a thousand at work each of a
 * light client's dozen hops stood behind hundreds of commits and queue calls. Smaller commits cost the crowd two fifths of its
 * speed on a full machine (24: three tenths, 64: a tenth), so this holds only while light clients are about. Measured: ADR 0014.
 */
const FEW = 16;
/** Light clients are about for so long after the last was seen: their next ten should not meet a thousand. */
const ABOUT_MS = 600_000;
/** While a light client's visits are in hand none of the crowd's begins to work: for so long at most, */
const PAUSE_MS = 100;
/** and a visit that works for longer is taken for hung: nobody waits for its place. */
const LENT_MS = 2_000;
const LOOK_EVERY_MS = 10;

/** A visit that works. */
interface Place {
  sinceMs: number;
}

interface Waiting {
  readonly place: Place;
  readonly admit: () => void;
}

/** The same, with everybody but light clients' visits behind a turnstile. */
export function behindTurnstile({ run, metrics }: Served, turnstile: Turnstile): Served {
  return {
    run: (ticket, context) => (ticket.first ? run(ticket, context) : turnstile.pass(() => run(ticket, context))),
    light: (inHand) => turnstile.light(inHand),
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
  #aboutUntilMs = -Infinity;
  #inHand = false;
  /** What is left of the pause, as of `#reckonedMs`: it comes back while none is in hand, so the crowd has half of the time at least. */
  #pauseMs = PAUSE_MS;
  #reckonedMs = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The worker's word: light clients' visits are in its hands, or the last of them has ended. */
  light(inHand: boolean): void {
    const now = this.#now();
    this.#isPaused(now);
    this.#inHand = inHand;
    this.#aboutUntilMs = now + ABOUT_MS;
    this.#admit();
  }

  /** Works when there is a place. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    const place = { sinceMs: 0 };
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
    if (this.#free() > 0) return this.#begin(place);
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
    for (let free = this.#free(); free > 0; free -= 1) {
      const next = this.#returning.shift() ?? this.#coming.shift();
      if (!next) {
        clearInterval(this.#timer);
        this.#timer = undefined;
        return;
      }
      this.#begin(next.place);
      next.admit();
    }
  }

  #free(): number {
    const now = this.#now();
    if (now > this.#aboutUntilMs) return Infinity;
    for (const place of this.#working) {
      if (now - place.sinceMs < LENT_MS) break;
      this.#working.delete(place);
    }
    return this.#isPaused(now) ? 0 : FEW - this.#working.size;
  }

  #isPaused(now: number): boolean {
    const passedMs = now - this.#reckonedMs;
    this.#reckonedMs = now;
    this.#pauseMs = Math.min(PAUSE_MS, Math.max(0, this.#pauseMs + (this.#inHand ? -passedMs : passedMs)));
    return this.#inHand && this.#pauseMs > 0;
  }
}
