import type { Answer, Ask, Provider, Word } from '@countersign/flow';

export const WINDOW_MS = 120_000;

/** What one POST to the registry comes to. */
export type PostFate =
  | { answer: 'busy' }
  | { answer: 'completed' | 'declined' | 'pending' | 'refused' | 'too-many' | 'bad-request' }
  | { answer: 'silence'; keeps: 'nothing' | 'completed' | 'declined' | 'pending'; lateMs: number }
  /** Our process dies during the call, before or after the effect. */
  | { answer: 'crash'; keeps: 'nothing' | 'completed' };

/** A registry that draws each POST's fate from a script; like the original its POST is not idempotent, and effects are counted. */
export class MoodyRegistry {
  readonly effects: { at: number; status: string }[] = [];
  readonly posts: { at: number; ambiguous: boolean }[] = [];
  /** Looks answer nothing usable while this is true. */
  dark = false;
  gate: (label: string) => Promise<void> = () => Promise.resolve();
  /** pending ones end so. */
  ending: 'completed' | 'declined' | 'never' = 'completed';
  readonly #fates: PostFate[];
  readonly #now: () => number;

  constructor(fates: PostFate[], now: () => number) {
    this.#fates = fates;
    this.#now = now;
  }

  status(): string | undefined {
    const kept = this.effects.filter((e) => e.at <= this.#now());
    return kept.at(-1)?.status;
  }

  /** The third party finishes what it keeps as pending. */
  finish(): void {
    for (const effect of this.effects)
      if (effect.status === 'pending' && this.ending !== 'never') effect.status = this.ending;
  }

  provider(): Provider {
    return {
      name: 'registry',
      retry: { retries: 3, retryDelayMs: WINDOW_MS },
      poll: { firstMs: 200, secondMs: 10, maxDelayMs: 300_000, maxAgeMs: 3_600_000 },
      timeoutMs: 10_000,
      look: (ask) => this.#look(ask),
      tell: (ask) => this.#tell(ask),
    };
  }

  async #look(_ask: Ask): Promise<Answer> {
    await this.gate('look');
    const evidence = { requestId: 'look', durationMs: 1 };
    if (this.dark) return { type: 'unclear', effect: 'none', reason: 'answered 503', evidence };
    return { ...wordOf(this.status()), evidence };
  }

  async #tell(_ask: Ask): Promise<Answer> {
    await this.gate('tell');
    const fate: PostFate = this.#fates.shift() ?? { answer: 'completed' };
    const evidence = { requestId: 'tell', durationMs: 1 };
    this.posts.push({ at: this.#now(), ambiguous: fate.answer === 'silence' || fate.answer === 'crash' });
    if (fate.answer === 'silence' || fate.answer === 'crash') {
      const lateMs = fate.answer === 'silence' ? fate.lateMs : 0;
      if (fate.keeps !== 'nothing') this.effects.push({ at: this.#now() + lateMs, status: fate.keeps });
      if (fate.answer === 'crash') throw new Error('the process died');
      return { type: 'unclear', effect: 'maybe', reason: 'answered 504', evidence };
    }
    if (fate.answer === 'busy') {
      this.posts.pop();
      return { type: 'busy', forMs: 300, evidence };
    }
    if (fate.answer === 'refused') return { type: 'unclear', effect: 'none', reason: 'connection refused', evidence };
    if (fate.answer === 'too-many')
      return { type: 'unclear', effect: 'none', reason: 'answered 429', retryAfterMs: 1_000, evidence };
    if (fate.answer === 'bad-request')
      return { type: 'rejected', failure: { code: 'REJECTED', message: 'answered 400' }, evidence };
    this.effects.push({ at: this.#now(), status: fate.answer });
    await this.gate('told');
    return { ...wordOf(fate.answer), evidence };
  }
}

export function wordOf(status: string | undefined): Word {
  if (status === undefined) return { type: 'none' };
  if (status === 'completed') return { type: 'done' };
  if (status === 'declined') return { type: 'refused', failure: { code: 'DECLINED', message: 'declined' } };
  return { type: 'pending' };
}
