import { setTimeout as pause } from 'node:timers/promises';
import type { ArchiveReader, Cellar } from '@countersign/flow';
import type { Agenda } from './agenda.ts';
import type { Archive } from './archive.ts';
import type { BankMail, Bells, Outlooks } from './bank-mail.ts';
import type { Clients } from './clients.ts';
import type { DeadLetters } from './dead-letters.ts';
import { openDays, type Days } from './days.ts';
import type { Definitions } from './definitions.ts';
import type { Gauges } from './gauges.ts';
import type { Intake } from './intake.ts';
import type { Leader } from './leader.ts';
import type { Results } from './results.ts';
import type { Leases } from './leases.ts';
import type { Payouts } from './payouts.ts';
import type { Submissions } from './submissions.ts';
import { Breaker } from './breaker.ts';
import { connectionConfig, Line } from './line.ts';
import { NEWEST_MIGRATION } from './migrations/index.ts';
import { MoveWatch } from './move-watch.ts';
import { openAgenda } from './open-agenda.ts';
import { NO_ARCHIVE, openArchive } from './open-archive.ts';
import { openBankMail, openBells, openOutlooks } from './open-bank-mail.ts';
import { openCellar } from './open-cellar.ts';
import { openClients } from './open-clients.ts';
import { openDeadLetters } from './open-dead-letters.ts';
import { openDefinitions } from './open-definitions.ts';
import { readGauges } from './open-gauges.ts';
import { openIntake } from './open-intake.ts';
import { openLeader } from './open-leader.ts';
import { openResults } from './open-results.ts';
import { openLeases } from './open-leases.ts';
import { openPayouts } from './open-payouts.ts';
import { openOffers, type Offers } from './offers.ts';
import { openSubmissions } from './open-submissions.ts';
import { openWebhooks } from './open-webhooks.ts';
import { createSealer } from './seal.ts';
import { faceOf } from './trouble.ts';
import type { Webhooks } from './webhooks.ts';

export interface StoreOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly databaseUrl: string;
  /** Connections for the hot statements (default 6); reading and administration have 3 more. */
  readonly poolSize?: number;
  /** Keys of 32 bytes that clients' callback secrets are sealed by: the first seals, all open. Default: they are kept plain. */
  readonly secretsKeys?: readonly Uint8Array[] | undefined;
  /** Seen in pg_stat_activity. */
  readonly applicationName: string;
  /** Told how many requests shared a commit. */
  readonly onAccepted?: (rows: number) => void;
  /** What was moved out of the database; a process that is asked for it and has none answers with an error. */
  readonly archive?: ArchiveReader;
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
  readonly results: Results;
  readonly definitions: Definitions;
  readonly days: Days;
  readonly archive: Archive;
  readonly offers: Offers;
  readonly agenda: Agenda;
  readonly leases: Leases;
  readonly payouts: Payouts;
  readonly bankMail: BankMail;
  readonly bells: Bells;
  readonly outlooks: Outlooks;
  /** Contends for a name on a connection of its own; the lead is lost with that connection. */
  readonly leader: (name: string) => Leader;
  readonly gauges: () => Promise<Gauges>;
  /** For readiness: resolves when PostgreSQL answers and is migrated. @throws StoreAway, or Error naming the missing migration. */
  readonly ping: () => Promise<void>;
  /** Lets statements in flight finish (at most 3 s), then closes every connection. */
  readonly close: () => Promise<void>;
}

/** Every hot statement walks indexes to the ids it names, whatever the statistics say: see `ANY_OF`. */
export const HOT_SETTINGS = [
  'enable_seqscan=off',
  'enable_nestloop=off',
  'enable_mergejoin=off',
  'plan_cache_mode=force_generic_plan',
  'jit=off',
  'timezone=UTC',
];

const READERS = 3;

export function openStore(options: StoreOptions): Store {
  const {
    databaseUrl,
    applicationName,
    poolSize = 6,
    archive = NO_ARCHIVE,
    secretsKeys = [],
    onAway = () => {},
    onBack = () => {},
    onAccepted = () => {},
  } = options;
  const config = connectionConfig(databaseUrl, applicationName);
  const breaker = new Breaker(config, onAway, onBack);
  // The server gives up before we do: then we know that nothing happened, and the connection stays.
  const quick = {
    ...config,
    ...settings(HOT_SETTINGS),
    query_timeout: 3_000,
    statement_timeout: 2_500,
    lock_timeout: 2_000,
  };
  const patient = { ...config, ...settings(['timezone=UTC']), query_timeout: 10_000, statement_timeout: 9_000 };
  const hot = new Line({ config: quick, connections: poolSize, breaker });
  const cold = new Line({ config: patient, connections: READERS, breaker });
  const sealer = createSealer(secretsKeys);
  const watch = new MoveWatch(hot);
  const leaders = new Set<Leader>();
  return {
    cellar: openCellar(hot, sealer),
    intake: openIntake(hot, archive, onAccepted),
    submissions: openSubmissions(hot, cold, watch, archive),
    clients: openClients(cold, hot, sealer),
    webhooks: openWebhooks(hot),
    deadLetters: openDeadLetters(cold, hot),
    results: openResults(cold),
    definitions: openDefinitions(cold),
    days: openDays(cold),
    archive: openArchive(cold, config),
    offers: openOffers(cold),
    agenda: openAgenda(hot),
    leases: openLeases(hot),
    payouts: openPayouts(hot, cold),
    bankMail: openBankMail(hot),
    bells: openBells(hot),
    outlooks: openOutlooks(hot),
    leader: (name) => {
      const leader = openLeader(config, name);
      leaders.add(leader);
      return leader;
    },
    gauges: () => readGauges(cold),
    ping: () => ping(hot),
    close: async () => {
      watch.close();
      breaker.close();
      const closed = Promise.all([...leaders].map((leader) => leader.close()).concat(hot.close(), cold.close()));
      await Promise.race([closed, pause(3_000, undefined, { ref: false })]);
    },
  };
}

function settings(list: readonly string[]): { options: string } {
  return { options: list.map((setting) => `-c ${setting}`).join(' ') };
}

async function ping(hot: Line): Promise<void> {
  const names = await hot
    .rows<{ name: string }>('select name from kysely_migration order by name desc limit 1')
    .catch((error: unknown) => {
      if (faceOf(error).code === NO_SUCH_TABLE) return [];
      throw error;
    });
  const newest = names[0]?.name ?? 'nothing';
  if (newest < NEWEST_MIGRATION || names.length === 0) {
    throw new Error(`the database is at ${newest}, this version needs ${NEWEST_MIGRATION}: run the migration first`);
  }
}

const NO_SUCH_TABLE = '42P01';
