import type { ArchivedRow } from '@countersign/flow';

/** A file as analysts get it. */
export interface ExportedFile {
  readonly path: string;
  readonly clientId: string;
  /** `2026-11-20`, UTC: of the receipts in it. */
  readonly day: string;
  readonly rows: number;
  readonly bytes: number;
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
  readonly format: number;
}

export interface ExportQuery {
  /** Left out: of all clients (administrators). */
  readonly clientId?: string;
  readonly kind: string;
  /** Days that this time lies in or after / in or before, in milliseconds (Unix epoch). */
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly cursor?: string;
}

export interface ArchiveGauges {
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  readonly days: number;
  /** Since the job last came to its end, or found nothing to do; where it never did, since the archive was made. */
  readonly sinceSuccessMs: number;
  /** The last run failed, or left something for the next. */
  readonly troubled: boolean;
}

/** What of the archive everybody may know. */
export interface Archive {
  /** Oldest day first. @throws BadCursor. */
  readonly files: (
    query: ExportQuery,
  ) => Promise<{ readonly items: readonly ExportedFile[]; readonly nextCursor: string | null }>;
  /** A file by its path; undefined where the archive has none there. */
  readonly file: (path: string) => Promise<Pick<ExportedFile, 'bytes' | 'sha256'> | undefined>;
  /** Signs the URLs of files in a folder. */
  readonly urlSecret: () => Promise<Uint8Array>;
  readonly gauges: () => Promise<ArchiveGauges>;
  /**
   * Whether the job is to run now: once a day if there is anything before `beforeMs`, and again 10 minutes after it failed.
   * Says so once, and only to one: who is told has to run it.
   */
  readonly isDue: (beforeMs: number) => Promise<boolean>;
  /** The job's own way, on a connection of its own; undefined while another process is at it. */
  readonly openJob: () => Promise<ArchiveJob | undefined>;
}

/** A client's receipts of one day. */
export interface Basket {
  readonly clientId: string;
  /** `2026-11-20`, UTC. */
  readonly day: string;
}

/** A file that is written and was read back: what it holds, and where. */
export interface WrittenFile extends Basket {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly format: number;
  /** What is in it: id → digest of the row, as read back from the object store. */
  readonly digests: ReadonlyMap<string, string>;
}

/**
 * The archive job's statements. Only what has its end, no callback that waits and no open dead letter is ever seen here.
 * One job at a time (an advisory lock on its connection); every method throws once that connection is lost.
 */
export interface ArchiveJob {
  /** The object store this database's archive lies in, by the mark in it; the first caller names it. */
  readonly storeId: (ifNone: string) => Promise<{ readonly id: string; readonly files: number }>;
  /** Days before `beforeMs` whose partition is still there, oldest first. */
  readonly days: (beforeMs: number) => Promise<readonly string[]>;
  readonly basketsOf: (kind: string, day: string) => Promise<readonly Basket[]>;
  /** What stayed behind when its day was moved, or came before its day was made, and may be moved by now. */
  readonly stragglers: (kind: string, beforeMs: number) => Promise<readonly Basket[]>;
  /** Step 1: the keys of what may be moved are kept for good. Returns how many were not there yet. */
  readonly keepKeys: (kind: string, basket: Basket) => Promise<number>;
  /** Step 2, over and over until it is empty: the next that may be moved and whose keys are kept, by id. */
  readonly pick: (kind: string, basket: Basket, after?: string) => Promise<readonly ArchivedRow[]>;
  /** Step 3, before anything is written: what stands here and in no `archive_file` is rubbish. */
  readonly intend: (path: string) => Promise<void>;
  /**
   * Step 4: compares what is in the file with what the database holds now, row by row, and moves: one transaction keeps the
   * file's row and deletes the submissions with all that is theirs. Returns false, and has done nothing, where anything differs.
   */
  readonly move: (kind: string, file: WrittenFile, digestOf: (row: ArchivedRow) => string) => Promise<boolean>;
  /** Step 5: drops the day's partition; the few that stay go to `original_rest`. undefined: too many stay, or it is in use. */
  readonly dropDay: (kind: string, day: string) => Promise<{ readonly leftBehind: number } | undefined>;
  /** Files that were intended and never kept: to be removed from the object store, then forgotten. */
  readonly rubbish: () => Promise<readonly string[]>;
  readonly forget: (path: string) => Promise<void>;
  /** What came in at the very moment its submission was moved (a webhook, a replay) is struck off the agenda. */
  readonly sweepUp: (kind: string) => Promise<void>;
  /** `trouble`: what was left for the next run. */
  readonly succeeded: (trouble?: string) => Promise<void>;
  readonly failed: (trouble: string) => Promise<void>;
  readonly close: () => Promise<void>;
}
