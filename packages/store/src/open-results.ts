import { BadCursor } from './errors.ts';
import type { Line } from './line.ts';
import { newId } from './new-id.ts';
import type { Feed, FeedItem, Results } from './results.ts';

/** Contract section 3.2: at most so many per answer. */
const MOST = 10;
const PURGE_AT_ONCE = 5_000;
const ITEM = `select r.id::text as cursor, r.code, d.body as request, r.response::text as response`;

export function openResults(cold: Line): Results {
  return {
    take: (feed) => take(cold, feed),
    after: async ({ clientId, kind }, cursor) =>
      await cold.rows<FeedItem>(
        `${ITEM} from result r join document d on d.submission_id = r.submission_id
         where r.client_id = $1::uuid and r.kind = $2 and r.id > $3::bigint order by r.id limit ${MOST}`,
        [clientId, kind, readPlace(cursor)],
      ),
    purge: async (olderThanMs) => {
      const gone = await cold.rows(
        `delete from result where id in (
           select id from result where created_at < clock_timestamp() - $1::float8 * interval '1 ms'
           order by created_at limit ${PURGE_AT_ONCE})
         returning id`,
        [olderThanMs],
      );
      return gone.length;
    },
  };
}

/**
 * Rows another reader is just taking are passed over, not waited for. A statement whose answer was lost is sent again by
 * the line: the name of this reading makes the second one give the same rows and take no others.
 */
async function take(cold: Line, { clientId, kind }: Feed): Promise<readonly FeedItem[]> {
  return await cold.rows<FeedItem>(
    `with mine as materialized (
       select id from result where client_id = $1::uuid and kind = $2 and consumed_by = $3::uuid
     ),
     next as materialized (
       select id from result
       where client_id = $1::uuid and kind = $2 and consumed_by is null and not exists (select from mine)
       order by id limit ${MOST} for update skip locked
     ),
     taken as (
       update result set consumed_by = $3::uuid, consumed_at = clock_timestamp() where id in (select id from next)
     )
     ${ITEM} from (select id from mine union all select id from next) t
     join result r on r.id = t.id join document d on d.submission_id = r.submission_id order by r.id`,
    [clientId, kind, newId()],
  );
}

/** 18 digits are a bigint for sure. */
function readPlace(cursor: string): string {
  if (!/^\d{1,18}$/.test(cursor)) throw new BadCursor();
  return cursor;
}
