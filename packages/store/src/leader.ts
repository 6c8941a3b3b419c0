/** A contest for one name among all processes at this database. */
export interface Leader {
  /** True only while the database confirmed it within the last 3 s. */
  readonly leads: () => boolean;
  /** Gives the name up and stops contending. */
  readonly close: () => Promise<void>;
}
