import type { JsonObject } from '@countersign/flow';
import type { Line } from './line.ts';

/** What a third party promised a client for a while, such as a quote. */
export interface OfferDraft {
  readonly id: string;
  readonly clientId: string;
  readonly kind: string;
  readonly terms: JsonObject;
  /** From the commit, by the database's clock. */
  readonly holdsForMs: number;
}

export interface KeptOffer {
  readonly terms: JsonObject;
  /** Milliseconds (Unix epoch). */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** By the database's clock, at the moment of reading. */
  readonly expired: boolean;
}

export interface Offers {
  readonly keep: (draft: OfferDraft) => Promise<Pick<KeptOffer, 'createdAt' | 'expiresAt'>>;
  /** Of this client's only; undefined: there is none, or it is somebody else's. */
  readonly find: (wanted: Pick<OfferDraft, 'id' | 'clientId' | 'kind'>) => Promise<KeptOffer | undefined>;
}

/** Each one kept sweeps away some that ended more than a day ago, so the table stays as large as a day. */
const KEEP = {
  name: 'offer-keep',
  text: `
with t as (select date_trunc('milliseconds', clock_timestamp()) as now),
old as (
  delete from offer where id = any(array(
    select id from offer where expires_at < (select now from t) - interval '1 day' order by expires_at limit 10
    for update skip locked))
)
insert into offer (id, client_id, kind, terms, created_at, expires_at)
select $1::uuid, $2::uuid, $3, $4::json, now, now + $5::float8 * interval '1 ms' from t
on conflict (id) do update set kind = excluded.kind
returning created_at as "createdAt", expires_at as "expiresAt"`,
};

const FIND = {
  name: 'offer-find',
  text: `select terms, created_at as "createdAt", expires_at as "expiresAt", expires_at <= clock_timestamp() as expired
    from offer where id = $1::uuid and client_id = $2::uuid and kind = $3`,
};

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

export function openOffers(line: Line): Offers {
  return {
    keep: async ({ id, clientId, kind, terms, holdsForMs }) => {
      const values = [id, clientId, kind, JSON.stringify(terms), holdsForMs];
      const [row] = await line.rows<{ createdAt: number; expiresAt: number }>(KEEP, values);
      if (!row) throw new Error('an insert returned nothing');
      return row;
    },
    find: async ({ id, clientId, kind }) => {
      if (!UUID.test(id)) return undefined;
      const [row] = await line.rows<KeptOffer>(FIND, [id, clientId, kind]);
      return row;
    },
  };
}
