/**
 * What changed of clients and their keys, in the order of its commits (the one row is locked until then), so that every
 * door can remember keys and yet hear of each that is revoked. Written by triggers: by hand in SQL counts too. Of clients
 * that are new nobody remembers anything, so they are no news. The last 10,000 are kept; who is behind forgets all.
 */
export const CLIENT_NEWS = `
create table client_revision (
  one boolean primary key default true check (one),
  revision bigint not null
);
insert into client_revision (revision) values (0);

create table client_news (
  revision bigint primary key,
  client_id uuid not null
);

create function tell_client_news() returns trigger language plpgsql as $$
declare
  changed uuid;
  now_at bigint;
begin
  if tg_table_name = 'client' then changed := old.id; else changed := old.client_id; end if;
  update client_revision set revision = revision + 1 returning revision into now_at;
  insert into client_news (revision, client_id) values (now_at, changed);
  delete from client_news where revision <= now_at - 10000;
  return null;
end $$;

create trigger client_news after update of name, callback_url, limits or delete on client
  for each row execute function tell_client_news();
create trigger client_key_news after update or delete on client_key
  for each row execute function tell_client_news();
`;

/** So far back news are written down. */
export const NEWS_KEPT = 10_000;
