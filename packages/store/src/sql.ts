/** One clock reading per statement, in whole milliseconds: what is written and what is told of it are the same number. */
export const NOW = `t as materialized (select date_trunc('milliseconds', clock_timestamp()) as now)`;

/**
 * Binds a table's scan to the ids of a list in memory: `a.id = ${ANY_OF('change')}`. Every table that a hot statement joins
 * needs it, beside the join's own condition. The hot lines allow neither table scans nor nested loops, so what remains is
 * a walk of the index to just these ids and a hash join of two short lists, whatever the statistics say. Left to its
 * estimates the planner reads the whole index of a table it believes small, and keeps that plan while the table grows.
 * For the same reason `exists` in a condition with `or` is bound too: it may become a hash of the whole table.
 */
export function ANY_OF(list: string, column = 'id'): string {
  return `any(array(select ${column} from ${list}))`;
}

/**
 * The rows of the agenda as this statement saw them when it began. Who strikes a row off asks that it be `UNTOUCHED`: a
 * webhook kept in between touches it, and its statement was not seen by ours.
 */
export function SEEN(list: string, column = 'id'): string {
  return `seen as materialized (
  select submission_id, xmin as touch from agenda where submission_id = ${ANY_OF(list, column)}
)`;
}

export const UNTOUCHED = `(a.xmin::text in (select touch::text from seen where seen.submission_id = a.submission_id)) is true`;
