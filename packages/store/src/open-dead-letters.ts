import { LETTER_COLUMNS, MATCHES, OPEN, REPLAY_COLUMNS } from './dead-letter-sql.ts';
import type { DeadLetter, DeadLetterFilter, DeadLetters, Replay } from './dead-letters.ts';
import type { Line } from './line.ts';
import { newId } from './new-id.ts';
import { workOff } from './replay-work.ts';
import { readCursor, writeCursor } from './submission-list.ts';

export function openDeadLetters(cold: Line, hot: Line): DeadLetters {
  return {
    list: ({ limit, cursor, ...filter }) => list(cold, filter, limit, cursor),
    count: async (filter) => {
      const [row] = await cold.rows<{ count: number }>(
        `select count(*) as count from dead_letter l where ${OPEN} and ${MATCHES}`,
        [JSON.stringify(filter)],
      );
      return row?.count ?? 0;
    },
    replay: (filter, order) => orderReplay(cold, filter, order),
    progress: async (replayId) =>
      (await cold.rows<Replay>(`select ${REPLAY_COLUMNS} from replay r where r.id = $1::uuid`, [replayId]))[0],
    workOff: () => workOff(cold, hot),
  };
}

async function list(cold: Line, filter: DeadLetterFilter, limit: number, cursor: string | undefined) {
  const rows = await cold.rows<DeadLetter>(
    `select ${LETTER_COLUMNS} from dead_letter l join submission s on s.id = l.submission_id
     where ${OPEN} and ${MATCHES} and ($2::uuid is null or l.id < $2::uuid)
     order by l.id desc limit $3`,
    [JSON.stringify(filter), cursor === undefined ? null : readCursor(cursor), limit + 1],
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? writeCursor(last.id) : null };
}

async function orderReplay(
  cold: Line,
  filter: DeadLetterFilter,
  { ratePerSecond, actor }: { readonly ratePerSecond: number; readonly actor: string },
): Promise<Replay> {
  const [made] = await cold.rows<Replay>(
    `insert into replay as r (id, filter, rate_per_second, actor, total)
     select $2, $1::jsonb, $3, $4, count(*) from dead_letter l where ${OPEN} and ${MATCHES}
     on conflict (id) do update set actor = excluded.actor returning ${REPLAY_COLUMNS}`,
    [JSON.stringify(filter), newId(), ratePerSecond, actor],
  );
  if (!made) throw new Error('PostgreSQL returned no row for an insert');
  return made;
}
