import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { ARCHIVE_TABLES } from './archive-tables.ts';
import { CLIENT_NEWS } from './client-news.ts';
import { lawTriggers } from './law.ts';
import { LETTER_TABLES } from './letter-tables.ts';
import { OFFER_TABLE } from './offer-table.ts';
import { RESULT_TABLE } from './result-table.ts';
import { DEFINITION_TABLE, ORIGINAL_TABLE } from './original-tables.ts';
import { UNHAPPY_ENDS } from './unhappy-ends.ts';
import { PAYOUT_TABLES } from './payout-tables.ts';
import { AGENDA_TABLES, CLIENT_TABLES, SUBMISSION_TABLES } from './tables.ts';

/** In code and not in files to be found, so that a bundle carries them. Names sort in the order of running. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first-shelves': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const text of [SUBMISSION_TABLES, LETTER_TABLES, AGENDA_TABLES, CLIENT_TABLES, lawTriggers()]) {
        await sql.raw(text).execute(db);
      }
    },
  },
  '0002-results': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql.raw(RESULT_TABLE).execute(db);
    },
  },
  '0004-documents': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql.raw(ORIGINAL_TABLE + DEFINITION_TABLE).execute(db);
    },
  },
  '0005-payout-batches': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql.raw(PAYOUT_TABLES).execute(db);
    },
  },
  '0006-offers': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql.raw(OFFER_TABLE).execute(db);
    },
  },
  '0007-archive': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql.raw(ARCHIVE_TABLES).execute(db);
    },
  },
  '0008-client-news': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql.raw(CLIENT_NEWS).execute(db);
    },
  },
  '0008b-unhappy-ends': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql.raw(UNHAPPY_ENDS).execute(db);
    },
  },
};

/** What a migrated database has; the store refuses to work on less. */
export const NEWEST_MIGRATION = Object.keys(MIGRATIONS).sort().at(-1) ?? '';
