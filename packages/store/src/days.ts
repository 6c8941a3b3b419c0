import { idAt } from './id-time.ts';
import type { Line } from './line.ts';
import { faceOf } from './trouble.ts';

const DAY_MS = 86_400_000;
/** Another statement may hold the table for a moment; nobody is to wait behind us for longer than this. */
const LOCK_TIMEOUT_MS = 500;

/** The days documents are kept by (partitions of `original`). */
export interface Days {
  /**
   * Makes the days from `fromMs` (Unix epoch, its day in UTC) on that are not there yet, and tells PostgreSQL to look at
   * what is in them. Returns the names of those made. A day that already has documents in `original_rest` is left there.
   */
  readonly makeAhead: (fromMs: number, days: number) => Promise<readonly string[]>;
}

export function openDays(cold: Line): Days {
  return {
    makeAhead: async (fromMs, days) => {
      const made: string[] = [];
      for (let day = 0; day < days; day += 1) {
        const name = await make(cold, Math.floor(fromMs / DAY_MS) * DAY_MS + day * DAY_MS);
        if (name !== undefined) made.push(name);
      }
      // Autovacuum analyses each day by itself, and never the table they are parts of.
      if (made.length > 0) await cold.rows('analyze original');
      return made;
    },
  };
}

/** Ids begin with their milliseconds: a day is the range between the first ids of two midnights. */
async function make(cold: Line, startMs: number): Promise<string | undefined> {
  const name = `original_${new Date(startMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
  const [there] = await cold.rows<{ there: boolean }>(`select to_regclass('${name}') is not null as there`);
  if (there?.there === true) return undefined;
  const [first, next] = [idAt(startMs), idAt(startMs + DAY_MS)];
  // Looked at before, or every round would leave an error in PostgreSQL's log for as long as that day lasts.
  const rest =
    'select exists(select from original_rest where submission_id >= $1::uuid and submission_id < $2::uuid) as late';
  const [{ late } = { late: false }] = await cold.rows<{ late: boolean }>(rest, [first, next]);
  if (late) return undefined;
  const bounds = `('${first}') to ('${next}')`;
  const create = `create table ${name} partition of original for values from ${bounds}`;
  try {
    await cold.rows(`do $$ begin set local lock_timeout = ${LOCK_TIMEOUT_MS}; ${create}; end $$`);
    return name;
  } catch (error) {
    const { code } = faceOf(error);
    if (code === HAS_ROWS_IN_REST || code === MADE_MEANWHILE || code === LOCKED) return undefined;
    throw error;
  }
}

const HAS_ROWS_IN_REST = '23514';
const MADE_MEANWHILE = '42P07';
const LOCKED = '55P03';
