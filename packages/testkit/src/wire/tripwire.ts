/** One life that is watched: what was said about it, and where it was cut. */
export interface Watched {
  /** Every moment so far, in order: `before commit`, `after POST /on-ramp/v0/transfers`. */
  readonly moments: readonly string[];
  /** Where its process was killed; undefined as long as it was not. */
  readonly diedAt: string | undefined;
  /** Nothing about it is on its way just now. */
  readonly isQuiet: boolean;
  /** Resolves when it was killed. */
  readonly death: Promise<void>;
}

/** One message of a process to the outside, with the way to send it. */
export interface Message<Answer> {
  /** What stands in it: a life is found by its marks. */
  readonly text: string;
  /** Its name in `moments`. */
  readonly what: string;
  /** SIGKILL for whoever sent it. Returns false when nobody is there any more. */
  readonly kill: () => boolean;
  /** Sends it on; resolves with the whole answer. */
  readonly forward: () => Promise<Answer>;
}

/** Whether a life ends at the last of its moments so far. */
export type Dies = (moments: readonly string[]) => boolean;

class Life implements Watched {
  readonly marks: readonly string[];
  readonly moments: string[] = [];
  diedAt: string | undefined;
  onTheirWay = 0;
  readonly death: Promise<void>;
  #dies: Dies;
  #died: () => void = () => undefined;

  constructor(marks: readonly string[], dies: Dies) {
    this.marks = marks;
    this.#dies = dies;
    this.death = new Promise((died) => (this.#died = died));
  }

  get isQuiet(): boolean {
    return this.onTheirWay === 0;
  }

  /** true: this is where its process died. One that had died a moment before, of another's kill, dies at its next moment. */
  passes(moment: string, kill: () => boolean): boolean {
    this.moments.push(moment);
    if (this.diedAt !== undefined || !this.#dies(this.moments)) return false;
    if (kill()) {
      this.diedAt = moment;
      this.#died();
    } else this.#dies = () => true;
    return true;
  }
}

/**
 * Lies across every way out of a process (its database, its third parties, its clients) and kills it, by SIGKILL, at an
 * exact message about one life: just before the message goes on, or when it has taken effect and the answer has not yet
 * come back. The process knows nothing of it.
 */
export class Tripwire {
  readonly #lives: Life[] = [];
  #held: Promise<void> | undefined;

  /** Everything waits until the returned function is called: so that nothing passes before its life is watched. */
  hold(): () => void {
    let release = (): void => undefined;
    const before = this.#held;
    const mine = new Promise<void>((released) => (release = released));
    this.#held = (before ? Promise.all([before, mine]).then(() => undefined) : mine) satisfies Promise<void>;
    return release;
  }

  /** Watches whatever carries one of the marks, two moments a message, until `dies`. */
  watch(marks: readonly string[], dies: Dies = () => false): Watched {
    const life = new Life(marks, dies);
    this.#lives.push(life);
    return life;
  }

  /** Lets a message through, or not. What is killed hears nothing more: the promise never settles. */
  async pass<Answer>({ text, what, kill, forward }: Message<Answer>): Promise<Answer> {
    await this.#held;
    // A statement may be about several: what comes together is written together.
    const lives = this.#lives.filter(({ marks }) => marks.some((mark) => text.includes(mark)));
    const isLast = (moment: string): boolean => lives.filter((life) => life.passes(moment, kill)).length > 0;
    if (isLast(`before ${what}`)) return await nothing();
    for (const life of lives) life.onTheirWay += 1;
    const answer = await forward().finally(() => lives.forEach((life) => (life.onTheirWay -= 1)));
    return isLast(`after ${what}`) ? await nothing() : answer;
  }
}

/** What the dead hear. */
async function nothing(): Promise<never> {
  return await new Promise<never>(() => undefined);
}
