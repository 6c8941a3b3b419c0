/** A name that one owner holds for a while: a shard of payouts. Times are the database's. */
export interface Lease {
  readonly name: string;
  readonly owner: string;
  /** Grows with every change of owner: the fence. */
  readonly token: number;
  /** `performance.now()` before which the lease surely has not ended: counted from before the database was asked. */
  readonly endsAtMs: number;
}

/** Rows with `locked_at` and `lock_expiry`, moved by conditional updates only (seed 000). */
export interface Leases {
  /** Takes a name that is free or whose lease is over. undefined: another holds it. `owner`: a UUID of this process's life. */
  readonly take: (name: string, owner: string, leaseMs: number) => Promise<Lease | undefined>;
  /** Longer, from now. undefined: it was over, or another has it: it must be taken anew, under a new token. */
  readonly renew: (lease: Lease, leaseMs: number) => Promise<Lease | undefined>;
  /** Free at once for the next; harmless where another holds it already. */
  readonly release: (lease: Lease) => Promise<void>;
  /** How many leases whose names begin so are held by anybody now. */
  readonly held: (prefix: string) => Promise<number>;
}
