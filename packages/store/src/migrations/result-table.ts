/**
 * What a kind's results feed holds, for 14 days. `id` is the cursor: it is given out under a lock held until the commit
 * (commit-sql.ts), so that nobody who reads on after a cursor misses a smaller one that was committed later.
 * `consumed_by` names the reading that took it: the same reading asked again gets the same results.
 */
export const RESULT_TABLE = `
create table result (
  id bigint generated always as identity primary key,
  submission_id uuid not null,
  client_id uuid not null,
  kind text not null,
  code integer not null,
  response json not null,
  created_at timestamptz not null,
  consumed_by uuid,
  consumed_at timestamptz
);
create index result_feed on result (client_id, kind, id);
create index result_waiting on result (client_id, kind, id) where consumed_by is null;
create index result_age on result (created_at);
`;
