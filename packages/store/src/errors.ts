/**
 * PostgreSQL cannot be reached, or did not answer in time. Nothing is known about the statement in flight; every method
 * may simply be called again. Thrown at once while the store knows the database is away. The door answers 503.
 */
export class StoreAway extends Error {
  override readonly name = 'StoreAway';
  readonly code = 'STORE_AWAY';
  constructor(reason: string, cause?: unknown) {
    super(`PostgreSQL is away: ${reason}`, { cause });
  }
}

/** So many rows wait for their turn already that one more would only wait longer than its caller does: 503, try again. */
export class StoreBusy extends Error {
  override readonly name = 'StoreBusy';
  readonly code = 'STORE_BUSY';
  constructor(what: string, waiting: number) {
    super(`${what}: ${waiting} rows wait for PostgreSQL already`);
  }
}

/** A cursor that this list did not give out: 400. */
export class BadCursor extends Error {
  override readonly name = 'BadCursor';
  readonly code = 'BAD_CURSOR';
  constructor() {
    super('the cursor is not one this list gave out: leave it out to start at the newest');
  }
}
