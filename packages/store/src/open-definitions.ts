import type { Definition, Json } from '@countersign/flow';
import { batched } from './batch.ts';
import type { Definitions, KeptDefinition, NewDefinition } from './definitions.ts';
import type { Line } from './line.ts';
import { NEWEST, REVISION } from './original-sql.ts';

const COLUMNS = 'd.name, d.version, d.body, d.created_by as "createdBy", d.created_at as "createdAt"';

export function openDefinitions(cold: Line): Definitions {
  return {
    put: (made) => put(cold, made),
    list: (kind) =>
      cold.rows<KeptDefinition>(
        `select distinct on (d.name) ${COLUMNS} from definition d where d.kind = $1 order by d.name, d.version desc`,
        [kind],
      ),
    get: async (kind, name, version) => {
      const rows = await cold.rows<KeptDefinition>(
        `select ${COLUMNS} from definition d where d.kind = $1 and d.name = $2 and ($3::integer is null or d.version = $3)
         order by d.version desc limit 1`,
        [kind, name, version ?? null],
      );
      return rows[0];
    },
  };
}

/** Of two at once one is the next version and the other the one after; the same body twice is one version. */
async function put(
  cold: Line,
  { kind, name, body, actor, after = 0 }: NewDefinition,
): Promise<{ version: number; isNew: boolean }> {
  const text = JSON.stringify(body);
  for (;;) {
    const [row] = await cold.rows<{ version: number; isNew: boolean }>(
      `with newest as materialized (
         select version, body::text as text from definition where kind = $1 and name = $2 order by version desc limit 1
       ), made as (
         insert into definition (kind, name, version, body, created_by)
         select $1, $2, greatest(coalesce((select version from newest), 0), $5) + 1, $3::text::json, $4
         where not exists (select from newest where text = $3::text)
         on conflict do nothing returning version
       )
       select version, true as "isNew" from made union all select version, false from newest where text = $3::text`,
      [kind, name, text, actor, after],
    );
    if (row) return row;
  }
}

interface Known {
  readonly revision: number;
  readonly definitions: readonly Definition[];
}

/**
 * What is newest now, for every judge of this process: one small question per batch of judges says whether anything was
 * defined since; only then are the definitions (up to megabytes of schemas) read again. So a new version counts at once,
 * on every replica, and the usual document costs no reading.
 */
export function openNewest(hot: Line): (kind: string) => Promise<readonly Definition[]> {
  const known = new Map<string, Known>();
  let asked = 0;
  const newest = batched<{ readonly kind: string; readonly n: number }, readonly Definition[]>({
    name: 'definitions',
    keyOf: ({ n }) => String(n),
    run: async (calls) => {
      const kinds = [...new Set(calls.map((call) => call.kind))];
      const found = new Map(
        await Promise.all(kinds.map(async (kind) => [kind, await fresh(hot, known, kind)] as const)),
      );
      return calls.map(({ kind }) => found.get(kind) ?? []);
    },
  });
  return (kind) => newest({ kind, n: (asked += 1) });
}

async function fresh(hot: Line, known: Map<string, Known>, kind: string): Promise<readonly Definition[]> {
  const [now] = await hot.rows<{ revision: number }>(REVISION, [kind]);
  const revision = now?.revision ?? 0;
  const before = known.get(kind);
  if (before && before.revision === revision) return before.definitions;
  const rows = await hot.rows<{ name: string; version: number; body: Json; revision: number }>(NEWEST, [kind]);
  const definitions = rows.map(({ name, version, body }) => ({ name, version, body }));
  // What came between the two questions is in the rows already: their own revision tells.
  known.set(kind, { revision: rows[0]?.revision ?? revision, definitions });
  return definitions;
}
