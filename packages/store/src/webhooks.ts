import type { Word } from '@countersign/flow';

/** A third party's word, proven by the door. */
export interface WebhookDraft {
  readonly submissionId: string;
  readonly leg: string;
  readonly provider: string;
  /** Hex of a digest of the raw body: exact repeats keep one. */
  readonly digest: string;
  readonly word: Word;
}

/** `id` is what a `settle` ticket speaks of. */
export type Kept =
  | { readonly type: 'kept'; readonly id: string; readonly kind: string }
  | { readonly type: 'repeat'; readonly id: string; readonly kind: string; readonly applied: boolean }
  /** No such submission: 404. */
  | { readonly type: 'unknown' };

export interface Webhooks {
  /** Durable once it answers; a lost ticket is made again by the sweep. @throws StoreAway, StoreBusy. */
  readonly keep: (webhook: WebhookDraft) => Promise<Kept>;
  /** The deployment's secret that webhook tokens are made from (32 bytes); made by the migration, read once. */
  readonly tokenSecret: () => Promise<Buffer>;
}
