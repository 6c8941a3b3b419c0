import type { Word } from '@countersign/flow';

/** What a message says of one of ours. */
interface News {
  readonly submissionId: string;
  readonly word: Word;
}

/** A message as read: what it says of ours, what of it nobody here knows, and whether it is dealt with when that is applied. */
export interface Reading {
  readonly news: readonly News[];
  /** For people: the message is parked with them. */
  readonly notes: readonly string[];
  /** false: something in it must wait until a payout has its end; it is to be read again then. */
  readonly isWhole: boolean;
}

export const NOTHING: Reading = { news: [], notes: [], isWhole: true };

export function said(submissionId: string, word: Word): Reading {
  return { ...NOTHING, news: [{ submissionId, word }] };
}

export function noted(note: string): Reading {
  return { ...NOTHING, notes: [note] };
}

export function together(parts: readonly Reading[]): Reading {
  return {
    news: parts.flatMap(({ news }) => news),
    notes: parts.flatMap(({ notes }) => notes),
    isWhole: parts.every(({ isWhole }) => isWhole),
  };
}
