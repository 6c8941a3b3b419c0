import type { BankFile, Feed, Letter, Listing, Page, Redrive, Story } from './ledger-end.ts';
import type { KindName } from './kind-name.ts';
import type { CpuSample } from './stage/cpu.ts';

export type * from './ledger-end.ts';
export { KIND_NAMES, type KindName } from './kind-name.ts';

/** Everything a campaign saw, written down as it happened; the invariants read nothing else. Times are epoch ms of this machine. */
export interface Ledger {
  readonly seed: number;
  readonly settings: Settings;
  readonly beganMs: number;
  /** When the last fault was healed and the load stopped. */
  healedMs: number;
  /** When nothing moved any more; null: it never became quiet within the bound. */
  quietMs: number | null;
  readonly ops: Op[];
  readonly attempts: Attempt[];
  readonly readings: Reading[];
  readonly deliveries: Delivery[];
  readonly probes: Probe[];
  readonly injections: Injection[];
  readonly stops: Stop[];
  /** Which release each process runs from when on; empty: there was one only. */
  readonly deploys: Deploy[];
  /** What the processes and stores hold, every few seconds. */
  readonly growth: Growth[];
  /** Dead letters that were ordered to be tried again, each from ten sides at once. */
  readonly redrives: Redrive[];
  /** Connections that nobody may make (the letterbox's `/canary`). */
  readonly canaries: string[];
  /** What the clients were asked to send, and how much of it they did: they hold back while others use the machine. */
  readonly load: { perSecond: number; meanShare: number };
  /** Who used the processors, second by second. */
  readonly cpu: CpuSample[];
  stories: Story[];
  books: Page[];
  /** The bank's files. */
  files: BankFile[];
  listings: Listing[];
  /** What a reader of the results feeds was given, until nothing more came. */
  feeds: Feed[];
  letters: Letter[];
}

/** The product's delays as this campaign set them. */
export interface Settings {
  /** How late the registry's effects may come after their POST: the contract's 120 s. */
  readonly windowMs: number;
  /** The product's wait after an unanswered registration; longer than the window by what a loaded machine needs on the way. */
  readonly retryDelayMs: number;
  readonly retries: number;
  readonly timeoutMs: number;
  readonly pollMaxAgeMs: number;
  /** Q: how long everything may take to end once all is healed. */
  readonly quietWithinMs: number;
}

/** One submission we meant to make. */
export interface Op {
  readonly n: number;
  readonly kind: KindName;
  readonly client: string;
  /** The client's id or key; unique within client and kind. */
  readonly id: string;
  /** What its third parties will do with it, in the words of its kind. */
  readonly fate: string;
  /** Unique over the campaign; '' for kinds without one. */
  readonly amount: string;
  /** How its letterbox behaves; null: it has none. */
  readonly letterbox: string | null;
  /** false: a body that must be refused. */
  readonly valid: boolean;
  readonly purpose: 'load' | 'canary';
}

/** One POST. `refused`: nobody listened, so nothing was received. `cut`: lost on the way. `timeout`: no answer in 15 s. */
export interface Attempt {
  readonly op: number;
  readonly at: number;
  readonly ms: number;
  readonly api: string;
  /** `rekeyed`: its own body, under another idempotency key. */
  readonly body: 'own' | 'other' | 'rekeyed';
  readonly outcome: 'answered' | 'refused' | 'cut' | 'timeout';
  readonly status?: number;
  readonly contentType?: string;
  readonly retryAfter?: string;
  readonly submissionId?: string;
  readonly state?: string;
  readonly version?: number;
  /** A 409 that names the first: as good as a 2xx, it is accepted. */
  readonly names?: boolean;
  /** The problem's text where it was not a 2xx. */
  readonly problem?: string;
}

/** One GET of a submission. `stranger`: asked by another client. */
export interface Reading {
  readonly op: number;
  readonly at: number;
  readonly ms: number;
  readonly api: string;
  readonly why: 'watch' | 'on-callback' | 'final' | 'stranger';
  /** null: no answer. */
  readonly status: number | null;
  readonly contentType?: string;
  readonly submissionId?: string;
  readonly state?: string;
  readonly version?: number;
  readonly errorCode?: string | null;
  /** Whose word or silence the error speaks of, and what it says. */
  readonly errorProvider?: string;
  readonly errorMessage?: string;
  readonly amount?: string;
  readonly retryAfter?: string;
  /** The problem's text where it was not a 2xx. */
  readonly problem?: string;
}

/** One callback as it arrived. */
export interface Delivery {
  readonly at: number;
  /** Whose URL it came to. */
  readonly client: string;
  /** The op of the URL; null: none. */
  readonly op: number | null;
  /** The id the body speaks of. */
  readonly id: string | null;
  readonly webhookId: string;
  readonly type: string;
  readonly submissionId: string | null;
  readonly state: string | null;
  readonly version: number | null;
  readonly sha: string;
  /** `good`, or what is wrong with it. */
  readonly signature: string;
  readonly skewMs: number;
  /** What we answered; `silence`: nothing. */
  readonly answered: number | 'silence';
  readonly amount: string | null;
}

export interface Probe {
  readonly at: number;
  readonly ms: number;
  readonly process: string;
  readonly what: 'live' | 'ready';
  /** null: no answer. */
  readonly status: number | null;
}

/** What a fault touches decides what it excuses. */
export type Touched = 'api' | 'worker' | 'postgres' | 'redis' | 'third-parties' | 'letterbox';

export interface Injection {
  readonly fault: string;
  readonly target: string;
  readonly touches: readonly Touched[];
  readonly fromMs: number;
  /** When it was healed. */
  toMs: number;
  /** Answers are excused for this much longer: the time the house has to serve again. */
  readonly graceMs: number;
  readonly pids: readonly number[];
  readonly note: string;
  /** How long it took until the house served again, counted from the healing. */
  readonly recoveries: Recovery[];
}

export interface Recovery {
  readonly what: 'first 202' | 'first life';
  /** null: not within the time we waited. */
  readonly ms: number | null;
  readonly boundMs: number;
}

/** A process that was asked to end. */
export interface Stop {
  readonly process: string;
  readonly at: number;
  /** null: it had to be killed. */
  readonly ms: number | null;
}

/** A process that runs another release from now on. */
export interface Deploy {
  readonly process: string;
  readonly release: string;
  readonly at: number;
}

/** A moment's hold on the machine. */
export interface Growth {
  readonly at: number;
  /** By process: its id, resident MB, open files. */
  readonly processes: Readonly<Record<string, { pid: number; mb: number; files: number }>>;
  /** null: it did not answer. */
  readonly redisMb: number | null;
  readonly connections: number | null;
  /** The longest idle in transaction, in ms. */
  readonly idleInTransactionMs: number | null;
}
