import type { Recording } from '../party.ts';
import { createCounts, type Counts } from './counts.ts';
import type { GivenParams, Looks, Word } from './course.ts';
import type { FateName } from './fates.ts';

/** One request of an id. `outcome`: the status we answered, or `silence`, `reset`, `drip`, `huge`, or `abandoned`. */
export interface RequestLine {
  readonly at: string;
  readonly method: string;
  outcome: string;
  durationMs: number | null;
  /** The seconds of Retry-After we asked for. */
  retryAfterSeconds: number | null;
  readonly traceparent: string | null;
  readonly userAgent: string | null;
}

/** One status a record took. `posted` and `late` are effects (something was written), `settled` is not. */
export interface StatusLine {
  readonly at: string;
  readonly status: Word;
  readonly cause: 'posted' | 'late' | 'settled';
}

/** One webhook we sent. `outcome`: the status it was answered with, `timeout` or `error`. */
export interface WebhookLine {
  readonly at: string;
  readonly status: Word;
  readonly forged: boolean;
  readonly outcome: string;
}

/** What is known about one id. */
export interface Entry {
  readonly id: string;
  /** Chosen at the first POST. */
  fate: FateName | null;
  given: GivenParams;
  posts: number;
  /** How often something was written under this id. More than 1 is a transaction executed twice. */
  effects: number;
  status: Word | null;
  /** Grows with each effect, so that an older effect's settling leaves a newer one alone. */
  generation: number;
  looks: Looks;
  looked: number;
  /** Until when (epoch ms) we asked to be left alone. */
  blockedUntil: number;
  webhookUrl: string | null;
  amount: string | number | null;
  currency: string | null;
  readonly requests: RequestLine[];
  readonly statuses: StatusLine[];
  readonly webhooks: WebhookLine[];
}

/** The registry's books: what it holds, and everything that was asked of it. */
export interface Books {
  readonly counts: Counts;
  find(id: string): Entry | undefined;
  /** The id's page, begun when there is none. */
  open(id: string): Entry;
  all(): IterableIterator<Entry>;
  /** Writes a record: an effect. */
  write(entry: Entry, status: Word, cause: 'posted' | 'late'): void;
  /** Gives the record its end: not an effect. */
  settle(entry: Entry, status: Word): void;
  clear(): void;
}

/** @param record `counts` keeps no lines, only the numbers and each id's status. */
export function createBooks(record: Recording): Books {
  const entries = new Map<string, Entry>();
  const counts = createCounts();
  const note = (entry: Entry, status: Word, cause: StatusLine['cause']): void => {
    entry.status = status;
    if (record === 'full') entry.statuses.push({ at: new Date().toISOString(), status, cause });
  };
  return {
    counts,
    find: (id) => entries.get(id),
    open(id) {
      const known = entries.get(id);
      if (known) return known;
      const entry = newEntry(id, record === 'full' ? noLines() : sharedNoLines);
      entries.set(id, entry);
      return entry;
    },
    all: () => entries.values(),
    write(entry, status, cause) {
      entry.effects += 1;
      entry.generation += 1;
      counts.effects += 1;
      if (entry.effects > 1) counts.doubles += 1;
      if (cause === 'late') counts.lateEffects += 1;
      note(entry, status, cause);
    },
    settle: (entry, status) => note(entry, status, 'settled'),
    clear() {
      entries.clear();
      counts.clear();
    },
  };
}

type Lines = Pick<Entry, 'requests' | 'statuses' | 'webhooks'>;
const noLines = (): Lines => ({ requests: [], statuses: [], webhooks: [] });
/** Never written to: recording counts, a million ids share it. */
const sharedNoLines = noLines();

function newEntry(id: string, lines: Lines): Entry {
  return {
    id,
    fate: null,
    given: {},
    posts: 0,
    effects: 0,
    status: null,
    generation: 0,
    looks: 'truth',
    looked: 0,
    blockedUntil: 0,
    webhookUrl: null,
    amount: null,
    currency: null,
    ...lines,
  };
}
