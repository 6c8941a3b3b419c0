/** What third parties promised a client for a short while (quotes). Old ones are swept away by the next that is kept. */
export const OFFER_TABLE = `
create table offer (
  id uuid primary key,
  client_id uuid not null,
  kind text not null,
  terms json not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index offer_age on offer (expires_at);
`;
