import { batched } from './batch.ts';
import { jsonText } from './json-text.ts';
import type { Line, Statement } from './line.ts';
import { newId } from './new-id.ts';
import { ANY_OF, NOW } from './sql.ts';
import type { Kept, WebhookDraft, Webhooks } from './webhooks.ts';

export function openWebhooks(hot: Line): Webhooks {
  let secret: Promise<Buffer> | undefined;
  return {
    keep: batched<WebhookDraft, Kept>({
      name: 'webhook-keep',
      keyOf: ({ submissionId, leg, digest }) => `${submissionId}/${leg}/${digest}`,
      run: (drafts) => keepAll(hot, drafts),
    }),
    tokenSecret: () => {
      secret ??= readSecret(hot).catch((error: unknown) => {
        secret = undefined;
        throw error;
      });
      return secret;
    },
  };
}

/**
 * With the word the submission goes on the agenda: a ticket that is lost is made again by the sweep. A row that is there is
 * touched in any case, so that nobody strikes it off who does not know of the word (`UNTOUCHED`).
 */
export const KEEP: Statement = {
  name: 'webhook-keep',
  text: `
with ${NOW},
sent as materialized (
  select * from json_to_recordset($1::json) as i(id uuid, submission_id uuid, leg text, provider text, digest text, word json)
),
draft as materialized (
  select i.*, s.kind, s.client_id from sent i
  join submission s on s.id = i.submission_id and s.id = ${ANY_OF('sent', 'submission_id')}
),
kept as (
  insert into webhook (submission_id, leg, digest, id, provider, word, received_at)
  select submission_id, leg, decode(digest, 'hex'), id, provider, word, now from draft, t
  on conflict do nothing returning id, submission_id
),
remembered as (
  insert into agenda as a (submission_id, client_id, kind, due_at, queued)
  select s.id, s.client_id, s.kind, t.now + interval '15 s', true
  from t, (select distinct submission_id from kept) k
  join submission s on s.id = k.submission_id and s.id = ${ANY_OF('sent', 'submission_id')}
  on conflict (submission_id) do update set
    due_at = case when a.queued and a.due_at > excluded.due_at + interval '5 s' then excluded.due_at else a.due_at end
)
select d.id as asked, d.kind, (d.id in (select id from kept)) as made, w.id, w.applied_at
from draft d left join lateral (
  select x.id, x.applied_at from webhook x
  where x.submission_id = d.submission_id and x.leg = d.leg and x.digest = decode(d.digest, 'hex') limit 1
) w on true`,
};

interface KeptRow {
  readonly asked: string;
  readonly kind: string;
  readonly made: boolean;
  readonly id: string | null;
  readonly applied_at: number | null;
}

async function keepAll(hot: Line, drafts: readonly WebhookDraft[]): Promise<Kept[]> {
  const rows = drafts.map(({ submissionId, leg, provider, digest, word }) => ({
    id: newId(),
    submission_id: submissionId,
    leg,
    provider,
    digest,
    word,
  }));
  const text = jsonText(rows);
  for (;;) {
    const found = await hot.rows<KeptRow>(KEEP, [text]);
    const byId = new Map(found.map((row) => [row.asked, row]));
    // One that was kept by another statement at this very moment is not seen yet: ask again.
    if (found.some((row) => !row.made && row.id === null)) continue;
    return rows.map(({ id }) => toKept(id, byId.get(id)));
  }
}

function toKept(asked: string, row: KeptRow | undefined): Kept {
  if (!row) return { type: 'unknown' };
  // The same id: kept by this very call, whose first answer was lost.
  if (row.made || row.id === asked) return { type: 'kept', id: asked, kind: row.kind };
  return { type: 'repeat', id: row.id ?? asked, kind: row.kind, applied: row.applied_at !== null };
}

async function readSecret(hot: Line): Promise<Buffer> {
  const [row] = await hot.rows<{ value: Buffer }>(`select value from secret where name = 'webhook-token'`);
  if (!row) throw new Error('the table secret has no row webhook-token: was the database migrated?');
  return row.value;
}
