import { Tripwire, type Message } from '@countersign/testkit';

/** Where a process is killed: around the `nth` message that `meets`; `in`: it is on its way, nobody has answered. */
export interface Place {
  readonly side: 'before' | 'in' | 'after';
  /** `what`: a prepared statement's name (or nothing), or method and path; `text`: everything in the message. */
  readonly meets: (what: string, text: string) => boolean;
}

interface Verdict extends Place {
  nth: number;
  readonly executed: () => void;
}

/** A wire to PostgreSQL or the bank that kills (SIGKILL) whoever sends a certain message over it. */
export class Gallows extends Tripwire {
  #verdict: Verdict | undefined;

  /** One at a time. Resolves when it is executed, whichever of the processes it met. */
  async sentence(place: Place, nth: number): Promise<void> {
    await new Promise<void>((executed) => (this.#verdict = { ...place, nth, executed }));
  }

  override async pass<Answer>({ what, text, kill, forward }: Message<Answer>): Promise<Answer> {
    const verdict = this.#verdict;
    if (!verdict?.meets(what, text) || (verdict.nth -= 1) > 0) return await forward();
    // Nobody else dies of it.
    this.#verdict = undefined;
    const answer = verdict.side === 'before' ? undefined : forward();
    if (verdict.side === 'after') await answer;
    if (kill()) verdict.executed();
    // It was gone a moment before, of something else: the next one's turn.
    else this.#verdict = { ...verdict, nth: 1 };
    answer?.catch(() => undefined);
    // What the dead hear.
    return await new Promise<never>(() => undefined);
  }
}
