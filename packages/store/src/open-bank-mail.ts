import type { BankMail, BankMessage, Bells, Outlook, Outlooks, ParkedMessage } from './bank-mail.ts';
import type { Line, Statement } from './line.ts';

const KEEP: Statement = {
  name: 'bank-keep',
  text: `
insert into bank_message as m (id, type, request_id, body, received_at)
values ($1::text, $2::text, $3::text, $4::text, clock_timestamp())
on conflict (id) do update set type = m.type returning m.status`,
};

const MESSAGE = `id, type, request_id as "requestId", body`;

export function openBankMail(hot: Line): BankMail {
  return {
    keep: async ({ id, type, requestId, body }) => {
      const [row] = await hot.rows<{ status: string }>(KEEP, [id, type, requestId, body.replaceAll('\u0000', '')]);
      return { ended: row?.status !== 'KEPT' };
    },
    end: async (id, status, note) => {
      const text = `update bank_message set status = $2::text, note = $3::text where id = $1::text and status = 'KEPT'`;
      await hot.rows(text, [id, status, note?.slice(0, 1_000) ?? null]);
    },
    deleted: async (id) => {
      await hot.rows(`update bank_message set deleted_at = clock_timestamp() where id = $1::text`, [id]);
    },
    kept: async (limit) =>
      await hot.rows<BankMessage>(
        `select ${MESSAGE} from bank_message where status = 'KEPT' order by received_at limit $1::integer`,
        [limit],
      ),
    hasAnswer: async (requestId) =>
      (await hot.rows('select 1 from bank_message where request_id = $1::text limit 1', [requestId])).length > 0,
    parked: async (limit) =>
      await hot.rows<ParkedMessage>(
        `select ${MESSAGE}, note, received_at as "receivedAt" from bank_message where status = 'PARKED'
         order by received_at desc limit $1::integer`,
        [limit],
      ),
  };
}

export function openBells(hot: Line): Bells {
  return {
    ring: async (name) => {
      const text = `insert into bell (name, rung_at) values ($1::text, clock_timestamp())
        on conflict (name) do update set rung_at = excluded.rung_at`;
      await hot.rows(text, [name]);
    },
    rungAt: async (name) =>
      (await hot.rows<{ rung: number }>('select rung_at as rung from bell where name = $1::text', [name]))[0]?.rung ??
      0,
  };
}

export function openOutlooks(hot: Line): Outlooks {
  return {
    tell: async (name, { ready, checks }) => {
      const text = `insert into outlook (name, ready, checks, at) values ($1::text, $2::boolean, $3::json, clock_timestamp())
        on conflict (name) do update set ready = excluded.ready, checks = excluded.checks, at = excluded.at`;
      await hot.rows(text, [name, ready, JSON.stringify(checks)]);
    },
    of: async (name) => {
      const text = `select ready, checks, (extract(epoch from clock_timestamp() - at) * 1000)::float8 as "ageMs"
        from outlook where name = $1::text`;
      return (await hot.rows<Outlook>(text, [name]))[0];
    },
  };
}
