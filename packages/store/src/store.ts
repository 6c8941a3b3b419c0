import type { Cellar } from '@countersign/flow';
import type { Agenda } from './agenda.ts';
import type { Clients } from './clients.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Gauges } from './gauges.ts';
import type { Intake } from './intake.ts';
import type { Leader } from './leader.ts';
import type { Submissions } from './submissions.ts';
import type { Webhooks } from './webhooks.ts';

export interface StoreOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly databaseUrl: string;
  /** Connections for the hot statements (default 6); reading and administration have 3 more. */
  readonly poolSize?: number;
  /** Seen in pg_stat_activity. */
  readonly applicationName: string;
  /** Told when the database goes away and when it is back. */
  readonly onAway?: (reason: string) => void;
  readonly onBack?: (awayMs: number) => void;
}

/** The cellar with all its shelves. Opening does not connect; each call throws StoreAway while PostgreSQL is away. */
export interface Store {
  readonly cellar: Cellar;
  readonly intake: Intake;
  readonly submissions: Submissions;
  readonly clients: Clients;
  readonly webhooks: Webhooks;
  readonly deadLetters: DeadLetters;
  readonly agenda: Agenda;
  /** Contends for a name on a connection of its own; the lead is lost with that connection. */
  readonly leader: (name: string) => Leader;
  readonly gauges: () => Promise<Gauges>;
  /** For readiness: resolves when PostgreSQL answers and is migrated. @throws StoreAway, or Error naming the missing migration. */
  readonly ping: () => Promise<void>;
  /** Lets statements in flight finish (at most 3 s), then closes every connection. */
  readonly close: () => Promise<void>;
}

export declare function openStore(options: StoreOptions): Store;
