import type { KindName } from './kind-name.ts';

// What is read when all is over: timelines, books, lists, feeds, dead letters.

export interface TimelineEntry {
  readonly at: string;
  readonly type: string;
  readonly provider?: string;
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

/** One call as a third party saw it. `outcome`: the status it answered, or `silence`, `reset`, ... `abandoned`: the caller left first. */
export interface Call {
  readonly at: string;
  readonly method: string;
  readonly outcome: string;
  /** From its arrival to the end of the answer. */
  readonly ms: number | null;
  readonly retryAfterSeconds: number | null;
  readonly key: string | null;
}

/** What one third party's books say of one submission, or of one leg of it. */
export interface Page {
  /** `registry`, `tax`, `warehouse`, `on-ramp`, `off-ramp`, `bank`, `csp-a` ... */
  readonly party: string;
  /** `on`, `off` and `reverse` at the ramps; else the party's name. */
  readonly leg: string;
  /** Their name for it, made of our submissionId. */
  readonly id: string;
  /** Whose it is; null: nobody's we know, which is a violation. */
  readonly op: number | null;
  readonly fate: string | null;
  readonly posts: number;
  /** How often it was executed. */
  readonly effects: number;
  readonly status: string | null;
  /** What they were told, and what they paid out, where amounts are told. */
  readonly amount: string | null;
  readonly paidOut: string | null;
  /** The files a payout stood in. */
  readonly msgIds: readonly string[];
  readonly requests: readonly Call[];
  readonly statuses: readonly { at: string; status: string; cause: string }[];
  readonly webhooks: readonly { at: string; status: string; forged: boolean; outcome: string }[];
}

/** One pain.001 as the bank saw it. */
export interface BankFile {
  readonly msgId: string;
  readonly fate: string | null;
  /** SHA-256 of its bytes, by how often they came. */
  readonly hashes: Readonly<Record<string, number>>;
  /** Values of X-Idempotency-Key, each once. */
  readonly keys: readonly string[];
  readonly sends: number;
  /** 1: taken for processing. */
  readonly effects: number;
  /** How many payments it held. */
  readonly payments: number;
  readonly requests: readonly Call[];
}

/** Everything one client's list of one kind holds at the end. */
export interface Listing {
  readonly client: string;
  readonly kind: KindName;
  readonly items: readonly { id: string; submissionId: string; op: number | null }[];
}

/** One answer of a results feed after the other. */
export interface Feed {
  readonly client: string;
  readonly kind: KindName;
  readonly answers: readonly (readonly { op: number | null; code: number }[])[];
}

export interface Letter {
  readonly id: string;
  readonly submissionId: string;
  readonly kind: string;
  readonly step: string;
  readonly leg: string | null;
  readonly provider: string | null;
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

/** One dead letter, replayed from ten sides at once. */
export interface Redrive {
  readonly op: number;
  readonly letter: string;
  readonly step: string;
  /** What the ten orders were answered. */
  readonly answers: readonly (number | null)[];
  readonly at: number;
  /** Callbacks delivered and taken before it. */
  readonly takenBefore: number;
  /** The same letter is still in the list afterwards. */
  stillThere: boolean;
}
