import { MATCHES, OPEN } from './dead-letter-sql.ts';
import type { Line } from './line.ts';
import { replaySubmission } from './operator.ts';

interface Order {
  readonly id: string;
  readonly filter: unknown;
  readonly actor: string;
  readonly room: number;
}

/** How many letters the rate allows by now: what has gathered since the last time, at most a second's worth (or one). */
const RUNNING = `
select id, filter, actor, floor(least(greatest(rate_per_second, 1),
  rate_per_second * extract(epoch from clock_timestamp() - worked_at)))::integer as room
from replay where status = 'RUNNING' order by id`;

const LETTERS = `
select l.id, l.submission_id from dead_letter l join replay r on r.id = $2::uuid
where ${OPEN} and l.at <= r.created_at and (r.reached is null or l.id > r.reached) and ${MATCHES}
order by l.id limit $3`;

const PROGRESS = `
update replay set done = least(total, done + $2::integer), refused = refused + $3::integer, reached = $4::uuid,
  worked_at = clock_timestamp() where id = $1::uuid`;

/** Letters that an earlier one's replay had answered are done as well. */
const FINISH = `update replay set status = 'DONE', done = total where id = $1::uuid`;

export async function workOff(cold: Line, hot: Line): Promise<number> {
  let worked = 0;
  for (const order of await cold.rows<Order>(RUNNING)) {
    if (order.room > 0) worked += await workOn(cold, hot, order);
  }
  return worked;
}

async function workOn(cold: Line, hot: Line, order: Order): Promise<number> {
  const values = [JSON.stringify(order.filter), order.id, order.room];
  const letters = await cold.rows<{ id: string; submission_id: string }>(LETTERS, values);
  if (letters.length === 0) {
    await cold.rows(FINISH, [order.id]);
    return 0;
  }
  const ids = new Set(letters.map((letter) => letter.submission_id));
  let refused = 0;
  for (const id of ids) {
    const result = await replaySubmission(hot, id, order.actor, true);
    if (result.type !== 'done') refused += 1;
  }
  await cold.rows(PROGRESS, [order.id, letters.length, refused, letters.at(-1)?.id]);
  return ids.size - refused;
}
