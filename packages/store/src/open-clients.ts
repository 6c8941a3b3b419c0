import { createHash, randomBytes } from 'node:crypto';
import { ElsewhereError, type JsonObject } from '@countersign/flow';
import type { Bearer, Client, ClientKey, Clients, DisabledEndpoint, Scope } from './clients.ts';
import { KeyRing, type ClientNews } from './key-ring.ts';
import type { Line } from './line.ts';
import { NEWS_KEPT } from './migrations/client-news.ts';
import { BUILT_IN_CLIENT } from './migrations/payout-tables.ts';
import { newId } from './new-id.ts';
import type { Sealer } from './seal.ts';
import { newWebhookSecret, type StoredSecret } from './webhook-secret.ts';

const COLUMNS = `c.id, c.name, c.callback_url as "callbackUrl", c.limits, c.created_at as "createdAt"`;

/** Keys are asked on the hot line: a slow page of some list must not keep everybody at the door. */
export function openClients(cold: Line, hot: Line, sealer: Sealer, nowMs?: () => number): Clients {
  const clock = nowMs ? { nowMs } : {};
  const ring = new KeyRing({ ask: (hash) => bearerOf(hot, hash), news: (since) => newsSince(hot, since), ...clock });
  return {
    create: (client) => create(cold, sealer, client),
    list: () => cold.rows<Client>(`select ${COLUMNS} from client c order by c.id`),
    senders: async () => (await cold.rows<{ id: string }>(SENDERS, [BUILT_IN_CLIENT])).map(({ id }) => id),
    get: async (id) => (await cold.rows<Client>(`select ${COLUMNS} from client c where c.id = $1::uuid`, [id]))[0],
    update: async (id, patch) => {
      await sealAgain(cold, sealer, id).catch(unlessLost);
      const [client] = await cold.rows<Client>(UPDATE, [
        id,
        JSON.stringify({ ...patch, ...('callbackUrl' in patch ? { callback_url: patch.callbackUrl } : {}) }),
      ]);
      ring.forget(id);
      return client;
    },
    addKey: (clientId, scopes) => addKey(cold, clientId, scopes),
    keys: (clientId) => cold.rows<ClientKey>(KEYS, [clientId]),
    revokeKey: async (clientId, keyId) => {
      const rows = await cold.rows(REVOKE, [clientId, keyId]);
      ring.forget(clientId);
      return rows.length > 0;
    },
    bearerOf: (key) => ring.bearerOf(hashOf(key)),
    rotateWebhookSecret: async (clientId) => {
      const lost = await sealAgain(cold, sealer, clientId).catch(unlessLost);
      const secret = newWebhookSecret();
      const sealed = sealer.seal(secret, clientId);
      const [row] = await cold.rows<{ previousUntil: number }>(lost === 'lost' ? BEGIN_ANEW : ROTATE, [
        clientId,
        sealed,
        lost === 'lost' ? 0 : OVERLAP_MS,
      ]);
      return row && { secret, previousUntil: row.previousUntil };
    },
    sealAll: async () => {
      const ids = await cold.rows<{ id: string }>('select id from client order by id');
      let sealed = 0;
      for (const { id } of ids) sealed += (await sealAgain(cold, sealer, id)) ? 1 : 0;
      return sealed;
    },
    disabledEndpoints: (clientId) => cold.rows<DisabledEndpoint>(DISABLED, [clientId]),
    enableEndpoint: async (clientId, url) => {
      await cold.rows('delete from endpoint where client_id = $1::uuid and url = $2', [clientId, url]);
    },
  };
}

/** The built-in client sends only where third parties hand work over and no client is named for them. */
const SENDERS = `
select c.id from client c where case
  when c.id = $1::uuid then exists (select from submission s where s.client_id = c.id)
  when exists (select from client_key k where k.client_id = c.id)
    then exists (select from client_key k where k.client_id = c.id and k.revoked_at is null and 'write' = any (k.scopes))
  else true end
order by c.id limit 2`;

const OVERLAP_MS = 24 * 3_600_000;

const UPDATE = `
with enabled as (delete from endpoint where client_id = $1::uuid and url = $2::jsonb ->> 'callback_url')
update client c set name = coalesce($2::jsonb ->> 'name', c.name), limits = coalesce($2::jsonb -> 'limits', c.limits),
  callback_url = case when $2::jsonb ? 'callback_url' then $2::jsonb ->> 'callback_url' else c.callback_url end
where c.id = $1::uuid returning ${COLUMNS}`;

const KEYS = `
select id, scopes, created_at as "createdAt", revoked_at as "revokedAt" from client_key where client_id = $1::uuid
order by id`;

const REVOKE = `
update client_key set revoked_at = now() where client_id = $1::uuid and id = $2::uuid and revoked_at is null
returning id`;

const DISABLED = `
select url, disabled_at as "disabledAt" from endpoint where client_id = $1::uuid order by disabled_at`;

/** The newest so far stays valid for the overlap; older ones for as long as they still had. */
const ROTATE = `
update client c set webhook_secrets = jsonb_build_array(
    jsonb_build_object('secret', $2::text, 'until', null),
    jsonb_build_object('secret', c.webhook_secrets #>> '{0,secret}', 'until', n.ms + $3::float8)
  ) || coalesce((
    select jsonb_agg(old.entry order by old.place) from jsonb_array_elements(c.webhook_secrets) with ordinality
      as old(entry, place) where old.place > 1 and (old.entry ->> 'until')::float8 > n.ms), '[]')
from (select floor(date_part('epoch', clock_timestamp()) * 1000) as ms) n
where c.id = $1::uuid returning n.ms + $3::float8 as "previousUntil"`;

/** Nobody can sign by the ones before: their key is lost. */
const BEGIN_ANEW = `
update client c set webhook_secrets = jsonb_build_array(jsonb_build_object('secret', $2::text, 'until', null))
from (select floor(date_part('epoch', clock_timestamp()) * 1000) as ms) n
where c.id = $1::uuid returning n.ms + $3::float8 as "previousUntil"`;

/** Sealed by a key this process does not have: no reason to refuse what does not need the secret itself. */
function unlessLost(error: unknown): 'lost' {
  if (error instanceof ElsewhereError) return 'lost';
  throw error;
}

async function create(
  cold: Line,
  sealer: Sealer,
  client: { readonly name: string; readonly callbackUrl?: string | null; readonly limits?: JsonObject },
): Promise<{ client: Client; webhookSecret: string }> {
  const webhookSecret = newWebhookSecret();
  const id = newId();
  const [made] = await cold.rows<Client>(
    `insert into client as c (id, name, callback_url, limits, webhook_secrets)
     values ($1, $2, $3, $4, jsonb_build_array(jsonb_build_object('secret', $5::text, 'until', null)))
     on conflict (id) do update set name = excluded.name returning ${COLUMNS}`,
    [id, client.name, client.callbackUrl ?? null, JSON.stringify(client.limits ?? {}), sealer.seal(webhookSecret, id)],
  );
  if (!made) throw new Error('PostgreSQL returned no row for an insert');
  return { client: made, webhookSecret };
}

/** Secrets stored plain, or sealed by a key that is no longer the first, are sealed by the first. Who rotates at the same moment wins. */
async function sealAgain(cold: Line, sealer: Sealer, id: string): Promise<boolean> {
  const [row] = await cold.rows<{ secrets: StoredSecret[] }>(
    'select webhook_secrets as secrets from client where id = $1::uuid',
    [id],
  );
  if (!row?.secrets.some(({ secret }) => sealer.isStale(secret))) return false;
  const sealed = row.secrets.map(({ secret, until }) => ({ secret: sealer.seal(sealer.open(secret, id), id), until }));
  const done = await cold.rows(
    'update client set webhook_secrets = $3::jsonb where id = $1::uuid and webhook_secrets = $2::jsonb returning id',
    [id, JSON.stringify(row.secrets), JSON.stringify(sealed)],
  );
  return done.length > 0;
}

async function addKey(cold: Line, clientId: string, scopes: readonly Scope[]) {
  const key = `cs_${randomBytes(32).toString('base64url')}`;
  const [made] = await cold.rows<{ id: string }>(
    `insert into client_key as k (id, client_id, hash, scopes)
     select $1, c.id, $3, $4 from client c where c.id = $2::uuid
     on conflict (id) do update set scopes = excluded.scopes returning k.id`,
    [newId(), clientId, hashOf(key), scopes],
  );
  return made && { id: made.id, key, scopes };
}

async function bearerOf(hot: Line, hash: Buffer): Promise<Bearer | undefined> {
  const [row] = await hot.rows<Client & { keyId: string; scopes: Scope[] }>(
    {
      name: 'bearer',
      text: `select ${COLUMNS}, k.id as "keyId", k.scopes from client_key k
        cross join lateral (select * from client x where x.id = k.client_id limit 1) c
        where k.hash = $1 and k.revoked_at is null`,
    },
    [hash],
  );
  if (!row) return undefined;
  const { keyId, scopes, ...client } = row;
  return { client, keyId, scopes };
}

const NEWS = {
  name: 'client-news',
  text: `select revision, (select json_agg(distinct n.client_id) from client_news n where n.revision > $1::bigint) as clients
    from client_revision`,
};

async function newsSince(hot: Line, since: number): Promise<ClientNews> {
  const [row] = await hot.rows<{ revision: number; clients: string[] | null }>(NEWS, [since]);
  if (!row) throw new Error('client_revision has lost its row');
  const { revision, clients } = row;
  return { revision, clients: revision - since > NEWS_KEPT ? null : (clients ?? []) };
}

/** Keys are 256 random bits: one plain SHA-256 is as good as the slow hashes that guessable passwords need. */
function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
