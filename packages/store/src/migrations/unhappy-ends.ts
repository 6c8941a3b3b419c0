/**
 * Who failed and who is unresolved, in the order of their ids: what clients and operators ask for among millions that are
 * COMPLETED. A table of its own and not an index of `submission`: an index over a column that changes would make every
 * change of status write all indexes anew (measured: 24 to 38 µs and 615 to 850 bytes of WAL per change); this is written
 * for those few only.
 */
export const UNHAPPY_ENDS = `
create table unhappy_end (
  client_id uuid not null,
  kind text not null,
  status text not null check (status in ('FAILED', 'UNRESOLVED')),
  id uuid not null,
  primary key (client_id, kind, status, id)
);
insert into unhappy_end select client_id, kind, status, id from submission where status in ('FAILED', 'UNRESOLVED');

create function keep_unhappy_end() returns trigger language plpgsql as $$
begin
  if old.status in ('FAILED', 'UNRESOLVED') then
    delete from unhappy_end u
    where u.client_id = old.client_id and u.kind = old.kind and u.status = old.status and u.id = old.id;
  end if;
  if tg_op = 'UPDATE' and new.status in ('FAILED', 'UNRESOLVED') then
    insert into unhappy_end (client_id, kind, status, id) values (new.client_id, new.kind, new.status, new.id)
    on conflict do nothing;
  end if;
  return null;
end $$;

create trigger unhappy_end_moved after update of status on submission for each row
  when (old.status is distinct from new.status
    and (new.status in ('FAILED', 'UNRESOLVED') or old.status in ('FAILED', 'UNRESOLVED')))
  execute function keep_unhappy_end();
create trigger unhappy_end_gone after delete on submission for each row
  when (old.status in ('FAILED', 'UNRESOLVED'))
  execute function keep_unhappy_end();
`;
