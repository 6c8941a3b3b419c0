import type { Page } from './books.ts';
import type { Desk } from './desk.ts';

/** The record takes a status. */
export interface Move {
  readonly afterMs: number;
  readonly status: string;
}

/** A webhook. `now`: it tells the status of that moment. */
export interface Notice {
  readonly afterMs: number;
  readonly says: string | 'now';
  /** What is wrong with it on purpose, in the party's own words: `forged`, `stale`, ... */
  readonly wrong?: string;
}

/** What becomes of a record after it was written. The first move is at 0. */
export interface Life {
  readonly moves: readonly Move[];
  readonly notices: readonly Notice[];
  /** The webhooks at 0 are answered before the request is. */
  readonly noticeFirst?: boolean;
  /** What a look tells: the truth, the first status for ever, or nothing (404). */
  readonly looks?: 'truth' | 'first' | 'absent';
  /** Anything else that matters at one party only. */
  readonly quirk?: string;
}

/** These words one after the other, evenly spaced from 0 to `endMs`. */
export function along(words: readonly string[], endMs: number): Move[] {
  const step = words.length > 1 ? endMs / (words.length - 1) : 0;
  return words.map((status, at) => ({ status, afterMs: at * step }));
}

/** A webhook for every move but the first. */
export function heard(moves: readonly Move[]): Notice[] {
  return moves.slice(1).map(({ afterMs, status }) => ({ afterMs, says: status }));
}

/**
 * Executes the record and lets it live. `tell` sends a webhook and resolves when it was answered.
 * Gives what must be waited for before the request is answered.
 */
export function live<Data>(
  { books, ground: { timers } }: Desk<Data, Life>,
  page: Page<Data>,
  life: Life,
  late: boolean,
  tell: (notice: Notice & { says: string }) => Promise<unknown>,
): Promise<unknown> | undefined {
  books.effect(page, late);
  const { generation } = page;
  let reached = -1;
  // Timers of a process that was starved fire in any order: a record takes every status of its life, and never goes back,
  for (const [at, { afterMs }] of life.moves.entries()) {
    timers.after(afterMs, () => {
      if (page.generation !== generation) return;
      for (const { status } of life.moves.slice(reached + 1, at + 1)) books.enter(page, status);
      reached = Math.max(reached, at);
    });
  }
  // and of its webhooks none goes out before the one that stands before it.
  let before: Promise<unknown> = Promise.resolve();
  const sent = life.notices.map(async (notice) => {
    before = Promise.all([before, notice.afterMs > 0 ? timers.pause(notice.afterMs) : undefined]);
    await before;
    return await tell({ ...notice, says: notice.says === 'now' ? (page.status ?? '') : notice.says });
  });
  return life.noticeFirst ? Promise.all(sent) : undefined;
}

/** The status a look tells; null: it says 404. */
export function seen<Data>(page: Page<Data>, life: Life | undefined): string | null {
  if (life?.looks === 'absent') return null;
  return life?.looks === 'first' ? (life.moves[0]?.status ?? page.status) : page.status;
}
