/** Whose results of which kind. */
export interface Feed {
  readonly clientId: string;
  readonly kind: string;
}

/** One finished result. `request` and `response` are JSON text, as it was accepted and kept. */
export interface FeedItem {
  /** Its place in the feed: later results have larger ones. */
  readonly cursor: string;
  readonly code: number;
  readonly request: string;
  readonly response: string;
}

/** Finished results, for clients that cannot receive callbacks (contract section 3.2). */
export interface Results {
  /**
   * The oldest results nobody has taken yet, at most 10; from now on they are taken. Readers at the same time get
   * different ones. An answer lost on the way can be read again by `after`.
   */
  readonly take: (feed: Feed) => Promise<readonly FeedItem[]>;
  /** At most 10 results after a cursor, taken or not, oldest first; `0` is before the first. Takes nothing. @throws BadCursor. */
  readonly after: (feed: Feed, cursor: string) => Promise<readonly FeedItem[]>;
  /** Forgets what is older than `olderThanMs`, some thousands at a time. Returns how many. */
  readonly purge: (olderThanMs: number) => Promise<number>;
}
