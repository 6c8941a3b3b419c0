import type { Client } from 'pg';
import { idAt, idsOfDay } from './id-time.ts';
import { faceOf } from './trouble.ts';

/** With more unfinished documents than this a day keeps its partition: they are moved under a lock that stops the door. */
const MOST_LEFT = 1_000;
/** Whoever accepts waits behind us for no longer than this. */
const LOCK_TIMEOUT_MS = 500;

/** Of these partitions of `original` the days whose last moment is before `beforeMs`. */
export function partitionsBefore(partitions: readonly { readonly name: string }[], beforeMs: number): string[] {
  return partitions
    .map(({ name }) => /^original_(\d{4})(\d{2})(\d{2})$/.exec(name)?.slice(1, 4).join('-'))
    .filter((day) => day !== undefined)
    .filter((day) => idsOfDay(day)[1] <= idAt(beforeMs));
}

/**
 * The partition is closed to writers first, so who stays can be counted in peace; `original` itself, which the door writes
 * to, is locked only to let go of the partition.
 */
export async function dropDay(client: Client, kind: string, day: string): Promise<{ leftBehind: number } | undefined> {
  const partition = `original_${day.replaceAll('-', '')}`;
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query(`lock table ${partition} in share mode`);
    const stay = await client.query<{ id: string }>(
      `select o.submission_id as id from ${partition} o where exists (select from submission s where s.id = o.submission_id)
       limit ${MOST_LEFT + 1}`,
    );
    if (stay.rows.length > MOST_LEFT) {
      await client.query('rollback');
      return undefined;
    }
    await client.query(`alter table original detach partition ${partition}`);
    const ids = stay.rows.map(({ id }) => id);
    // Its day is no more: it is routed to the rest.
    await client.query(`insert into original select * from ${partition} where submission_id = any($1::uuid[])`, [ids]);
    await client.query(`drop table ${partition}`);
    await client.query(
      `insert into archive_day (kind, day, left_behind) values ($1, $2::date, $3)
       on conflict (kind, day) do update set left_behind = excluded.left_behind, dropped_at = excluded.dropped_at`,
      [kind, day, ids.length],
    );
    await client.query('update archive set days = days + 1');
    await client.query('commit');
    return { leftBehind: ids.length };
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    if (faceOf(error).code === LOCKED) return undefined;
    throw error;
  }
}

const LOCKED = '55P03';
