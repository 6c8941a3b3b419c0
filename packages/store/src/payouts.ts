import type { Lease } from './leases.ts';

/** Part `shard` of `shards` of everything: what one lease covers. */
export interface Shard {
  readonly shard: number;
  readonly shards: number;
}

/** A payout nobody has put into a file yet. `most`: how many may share one with it. */
export interface WaitingPayout {
  readonly id: string;
  readonly most: number;
}

/** A file for the bank: from the moment it is frozen its id, its bytes and who is in it never change. */
export interface Batch {
  /** MsgId and X-Idempotency-Key: 32 hex. */
  readonly id: string;
  readonly bytes: Buffer;
  /** Submission ids, in the order of their making. */
  readonly payouts: readonly string[];
  /** Tries that have begun. */
  readonly attempts: number;
  /** An earlier try may have reached the bank. */
  readonly ambiguous: boolean;
  readonly status: 'FROZEN' | 'INITIATED' | 'REFUSED';
  readonly messageRequestId: string | null;
  readonly initiatedAt: number | null;
  readonly lastError: string | null;
}

/** A try that may now be made. */
export interface Try {
  readonly attempt: number;
  /** An earlier one may have reached the bank. */
  readonly ambiguous: boolean;
}

export interface FrozenDraft {
  readonly id: string;
  readonly bytes: Buffer;
  readonly payouts: readonly string[];
  readonly cents: number;
  readonly currency: string;
}

/** What goes to the bank, and how far it is. Whatever precedes a call carries the lease, and is refused once that is over. */
export interface Payouts {
  /** The oldest file of the shard that is frozen, not taken by the bank, and due for a try. */
  readonly due: (shard: Shard) => Promise<Batch | undefined>;
  /** Files the bank took, or refused for good, whose payouts do not all know it yet. */
  readonly unwritten: (shard: Shard) => Promise<readonly Batch[]>;
  readonly writtenBack: (batchId: string) => Promise<void>;
  /** Oldest first. */
  readonly waiting: (shard: Shard, limit: number) => Promise<readonly WaitingPayout[]>;
  /** One statement: the file is kept and its payouts are in it, or nothing. false: not ours any more, or one of them is elsewhere. */
  readonly freeze: (lease: Lease, draft: FrozenDraft) => Promise<boolean>;
  /** A payout no file can hold: it is in none, for good. */
  readonly refuse: (submissionId: string) => Promise<void>;
  /**
   * The write before a call: counts the try. undefined: the lease is over, or the file is no longer to be sent.
   * From here on, until `notSent` says otherwise, the try counts as one that may have reached the bank.
   */
  readonly begin: (lease: Lease, batchId: string) => Promise<Try | undefined>;
  /** That try certainly had no effect, and no earlier one may have had any. */
  readonly notSent: (batchId: string, attempt: number) => Promise<void>;
  /** Taken: 202, or the bank speaks of it. Returns when it first was. */
  readonly initiated: (batchId: string, messageRequestId: string | null) => Promise<number | undefined>;
  /** What came of that try: the next one not before `inMs` from now. Nothing, where another try has begun since. */
  readonly later: (batchId: string, attempt: number, inMs: number, error: string) => Promise<void>;
  /**
   * Refused as a file by that try, and certainly never taken: its payouts go back to waiting, half as many to a file. A file of
   * one is refused with its payout, which is then to be written back. false: another try has begun since.
   */
  readonly breakUp: (batchId: string, attempt: number, reason: string) => Promise<boolean>;
  /** In which file each of these is; those in none are left out. */
  readonly fileOf: (submissionIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Who is in the file with this MsgId, or in the one the bank gave this Message-Request-Id. */
  readonly members: (by: { readonly batchId: string } | { readonly requestId: string }) => Promise<Members | undefined>;
  readonly counts: () => Promise<PayoutCounts>;
}

export interface Members {
  readonly batchId: string;
  readonly payouts: readonly string[];
}

/** For metrics and operators. */
export interface PayoutCounts {
  readonly waiting: number;
  readonly frozen: number;
  readonly parkedMessages: number;
  readonly oldestFrozenMs: number;
}
