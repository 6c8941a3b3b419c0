import type { Recording } from '../party.ts';
import { tally, type Tally } from '../tally.ts';
import type { GivenParams } from './fate.ts';

/** One request. `outcome`: the status we answered, or `silence`, `reset`, `huge`, or `abandoned` (the caller left first). */
export interface RequestLine {
  readonly at: string;
  readonly call: string;
  outcome: string | null;
  durationMs: number | null;
  /** The seconds of Retry-After we asked for. */
  retryAfterSeconds: number | null;
  readonly traceparent: string | null;
  readonly userAgent: string | null;
  /** What else of the request matters at this party: an idempotency key, a deadline. */
  readonly notes: Readonly<Record<string, string>>;
}

export interface StatusLine {
  readonly at: string;
  readonly status: string;
}

/** One webhook we sent, one line per attempt. `outcome`: the status it was answered with, `timeout` or `error`. */
export interface WebhookLine {
  readonly at: string;
  readonly says: string;
  /** `true`, or what is wrong with it on purpose: `forged`, `stale`. */
  readonly signed: true | string;
  readonly attempt: number;
  readonly outcome: string;
}

/** What is known about one id. `Data` is what the party itself keeps. */
export interface Page<Data> {
  readonly id: string;
  /** Chosen at the first telling. */
  fate: string | null;
  given: GivenParams;
  tellings: number;
  /** How often it was executed. More than 1 is a submission executed twice. */
  effects: number;
  status: string | null;
  /** Grows with each effect, so that an older effect's moves leave a newer one alone. */
  generation: number;
  deaf: boolean;
  /** Until when (epoch ms) we asked to be left alone. */
  blockedUntil: number;
  data: Data | null;
  readonly requests: RequestLine[];
  readonly statuses: StatusLine[];
  readonly webhooks: WebhookLine[];
}

/** Numbers only; in the benchmark they are all that is kept. */
export interface DeskCounts {
  requests: number;
  /** By call and outcome: `calls['POST /v1/registrations']['504']`. */
  calls: Record<string, Tally>;
  effects: number;
  /** Effects under an id that had one: each is a submission executed twice. */
  doubles: number;
  lateEffects: number;
  webhooks: Tally;
  /** Tellings by fate. */
  fates: Tally;
  /** Requests inside a Retry-After we had asked for (less 50 ms for the clocks). */
  tooSoon: number;
  inFlight: number;
  peakInFlight: number;
}

/** A third party's books for who runs it in its own process. They are the living ones: do not write into them. */
export interface DeskBooks<Data> {
  counts(): Readonly<DeskCounts>;
  effects(): IterableIterator<Readonly<Page<Data>>>;
  find(id: string): Readonly<Page<Data>> | undefined;
}

/** Everything a third party holds, and everything that was asked of it. */
export interface Books<Data> {
  readonly record: Recording;
  readonly counts: DeskCounts;
  find(id: string): Page<Data> | undefined;
  /** The id's page, begun when there is none. */
  open(id: string): Page<Data>;
  all(): IterableIterator<Page<Data>>;
  /** It is executed. */
  effect(page: Page<Data>, late: boolean): void;
  enter(page: Page<Data>, status: string): void;
  clear(): void;
}

/** @param record `counts` keeps no lines, only the numbers and each id's status. */
export function createBooks<Data>(record: Recording): Books<Data> {
  const pages = new Map<string, Page<Data>>();
  const counts = freshCounts();
  return {
    record,
    counts,
    find: (id) => pages.get(id),
    open(id) {
      const known = pages.get(id);
      if (known) return known;
      const page = newPage<Data>(id, record === 'full' ? noLines() : sharedNoLines);
      pages.set(id, page);
      return page;
    },
    all: () => pages.values(),
    effect(page, late) {
      page.effects += 1;
      page.generation += 1;
      counts.effects += 1;
      if (page.effects > 1) counts.doubles += 1;
      if (late) counts.lateEffects += 1;
    },
    enter(page, status) {
      page.status = status;
      if (record === 'full') page.statuses.push({ at: new Date().toISOString(), status });
    },
    clear() {
      pages.clear();
      const { inFlight } = counts;
      Object.assign(counts, freshCounts(), { inFlight, peakInFlight: inFlight });
    },
  };
}

/** Writes one attempt at a webhook down. */
export function noteWebhook(books: Books<unknown>, page: Page<unknown> | null, line: Omit<WebhookLine, 'at'>): void {
  tally(books.counts.webhooks, line.outcome);
  if (books.record === 'full') page?.webhooks.push({ at: new Date().toISOString(), ...line });
}

function freshCounts(): DeskCounts {
  const numbers = { requests: 0, effects: 0, doubles: 0, lateEffects: 0, tooSoon: 0, inFlight: 0, peakInFlight: 0 };
  return { ...numbers, calls: {}, webhooks: {}, fates: {} };
}

type Lines = Pick<Page<unknown>, 'requests' | 'statuses' | 'webhooks'>;
const noLines = (): Lines => ({ requests: [], statuses: [], webhooks: [] });
/** Never written to: recording counts, a million ids share it. */
const sharedNoLines = noLines();

function newPage<Data>(id: string, lines: Lines): Page<Data> {
  const numbers = { tellings: 0, effects: 0, generation: 0, blockedUntil: 0 };
  return { id, fate: null, given: {}, status: null, deaf: false, data: null, ...numbers, ...lines };
}
