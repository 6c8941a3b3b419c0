/** Tokens are fetched for this long ahead, so that a round trip is paid once per 100 ms and not per call. */
const BLOCK_MS = 100;
/** Tokens not used within this are void: a pause in our traffic must not become a burst. */
const TOKEN_LIFE_MS = 1_000;

/** The rate tokens one process has in hand for one destination. Times are `performance.now()`. */
export class DestinationRate {
  #perSecond = 0;
  #tokens = 0;
  #expireAt = 0;
  /** A block already ours that becomes good only at this moment; Infinity: none. */
  #nextAt = Infinity;
  #nextTokens = 0;
  /** Not before this moment may Redis have tokens to give. */
  #askAgainAt = 0;
  #localNextAt = 0;

  set perSecond(rate: number) {
    this.#perSecond = rate;
  }

  /** Time one token stands for. */
  get intervalMs(): number {
    return this.#perSecond > 0 ? 1000 / this.#perSecond : 0;
  }

  /** Takes one token if there is one. */
  take(now: number): boolean {
    if (this.#perSecond <= 0) return true;
    this.#ripen(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** One call at a fraction of the rate, decided alone: Redis is away. */
  takeAlone(now: number, divisor: number): boolean {
    if (this.#perSecond <= 0 || this.take(now)) return true;
    if (now < this.#localNextAt) return false;
    this.#localNextAt = now + this.intervalMs * divisor;
    return true;
  }

  /** Tokens to ask for now: a block when what is in hand runs low (`callers` want one), else 0. */
  wanted(now: number, callers: number): number {
    if (this.#perSecond <= 0) return 0;
    this.#ripen(now);
    const block = Math.max(1, Math.round((this.#perSecond * BLOCK_MS) / 1000));
    const low = this.#tokens < callers || this.#tokens < block / 2;
    // With a block of one, asking ahead would book calls that nobody may make.
    const needed = block > 1 ? low : this.#tokens < callers;
    return needed && this.#nextTokens === 0 && now >= this.#askAgainAt ? block : 0;
  }

  /** Books what Redis answered. */
  granted(now: number, tokens: number, inMs: number): void {
    if (tokens === 0) {
      this.#askAgainAt = now + Math.max(inMs / 2, 5);
      return;
    }
    this.#nextTokens = tokens;
    this.#nextAt = now + inMs;
    this.#ripen(now);
  }

  /** Time until a token may be there; 0: now. */
  waitMs(now: number): number {
    if (this.#perSecond <= 0 || this.#tokens >= 1) return 0;
    const nextAt = this.#nextTokens > 0 ? this.#nextAt : this.#askAgainAt;
    return Math.max(nextAt - now, 0);
  }

  #ripen(now: number): void {
    if (now > this.#expireAt) this.#tokens = 0;
    if (this.#nextTokens === 0 || now < this.#nextAt) return;
    if (now < this.#nextAt + TOKEN_LIFE_MS) {
      this.#tokens += this.#nextTokens;
      this.#expireAt = this.#nextAt + TOKEN_LIFE_MS;
    }
    this.#nextTokens = 0;
    this.#nextAt = Infinity;
  }
}
