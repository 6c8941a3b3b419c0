import type { Entry } from './change.ts';
import type { Status } from './status.ts';
import type { Submission } from './submission.ts';

/**
 * A submission as it is kept for decades: everything the database knew of it, and its document byte for byte. What is
 * JSON stays the text it was. Times are milliseconds (Unix epoch).
 */
export interface ArchivedRow {
  readonly id: string;
  readonly clientId: string;
  readonly kind: string;
  readonly naturalId: string;
  readonly status: Status;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly settledAt: number | null;
  /** Hex: tells a repeat of its key from a reuse. */
  readonly fingerprint: string;
  readonly failure: string | null;
  readonly facts: string | null;
  readonly callbackUrl: string | null;
  readonly traceparent: string | null;
  readonly contentType: string;
  /** JSON arrays. */
  readonly registrations: string;
  readonly history: string;
  readonly callbacks: string;
  readonly webhooks: string;
  readonly deadLetters: string;
  readonly document: Uint8Array;
}

/** One file of the archive, as the database knows it. Ids in it lie between the first and the last. */
export interface ArchivedFile {
  readonly path: string;
  readonly firstId: string;
  readonly lastId: string;
  readonly bytes: number;
}

export interface ArchiveQuery {
  /** Only ids below this one. */
  readonly before?: string;
  readonly status?: Status;
  /** Created at or after / at or before. */
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
}

export interface ArchivedSubmission {
  readonly submission: Submission;
  readonly contentType: string;
  readonly fingerprint: string;
}

/**
 * What was moved out of the database, for who reads. Every call ends within its time limit.
 * @throws ArchiveAway (by name): too many ask, the time is up, or the object store does not answer.
 */
export interface ArchiveReader {
  /** Newest first, out of files in any order; `limit` of them where there are so many. */
  readonly list: (files: readonly ArchivedFile[], query: ArchiveQuery) => Promise<readonly ArchivedSubmission[]>;
  readonly find: (files: readonly ArchivedFile[], id: string) => Promise<ArchivedSubmission | undefined>;
  readonly timeline: (
    files: readonly ArchivedFile[],
    id: string,
  ) => Promise<readonly (Entry & { readonly at: number })[] | undefined>;
  readonly document: (files: readonly ArchivedFile[], id: string) => Promise<Uint8Array | undefined>;
}
