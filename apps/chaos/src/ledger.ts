import type { CpuSample } from './stage/cpu.ts';

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
  /** Who used the processors, second by second. */
  readonly cpu: CpuSample[];
  stories: Story[];
  books: Page[];
  listings: Listing[];
  deadLetters: number;
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
  readonly client: string;
  /** The client's id; unique within the client. */
  readonly id: string;
  /** What the registry will do with it. */
  readonly fate: string;
  /** Unique over the campaign, so that the registry's books name the op. */
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
  readonly body: 'own' | 'other';
  readonly outcome: 'answered' | 'refused' | 'cut' | 'timeout';
  readonly status?: number;
  readonly contentType?: string;
  readonly retryAfter?: string;
  readonly submissionId?: string;
  readonly state?: string;
  readonly version?: number;
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
  readonly amount?: string;
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
export type Touched = 'api' | 'worker' | 'postgres' | 'redis' | 'registry' | 'letterbox';

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

export interface TimelineEntry {
  readonly at: string;
  readonly type: string;
  readonly attempt?: number;
  readonly from?: string;
  readonly to?: string;
  readonly statusCode?: number;
  readonly error?: string;
  readonly requestId?: string;
}

/** A submission's timeline at the end. */
export interface Story {
  readonly op: number;
  readonly entries: readonly TimelineEntry[];
}

/** One page of the registry's books. */
export interface Page {
  readonly id: string;
  readonly fate: string | null;
  readonly posts: number;
  readonly effects: number;
  readonly status: string | null;
  readonly amount: string | number | null;
  readonly requests: readonly { at: string; method: string; outcome: string; retryAfterSeconds: number | null }[];
  readonly statuses: readonly { at: string; status: string; cause: string }[];
  readonly webhooks: readonly { at: string; status: string; forged: boolean; outcome: string }[];
}

/** Everything one client's list holds at the end. */
export interface Listing {
  readonly client: string;
  readonly items: readonly { id: string; submissionId: string }[];
}
