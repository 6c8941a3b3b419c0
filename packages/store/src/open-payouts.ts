import type { Lease } from './leases.ts';
import type { Line } from './line.ts';
import {
  BEGIN,
  BREAK_UP,
  COUNTS,
  DUE,
  FREEZE,
  INITIATED,
  LATER,
  MEMBERS_OF,
  NOT_SENT,
  UNWRITTEN,
  WAITING,
} from './payout-sql.ts';
import type { Batch, PayoutCounts, Payouts, Try, WaitingPayout } from './payouts.ts';

interface BatchRow {
  readonly id: string;
  readonly status: Batch['status'];
  readonly last_error: string | null;
  readonly bytes: Buffer;
  readonly payouts: readonly string[] | null;
  readonly attempts: number;
  readonly ambiguous: boolean;
  readonly message_request_id: string | null;
  readonly initiated_at: number | null;
}

export function openPayouts(hot: Line, cold: Line): Payouts {
  return {
    due: async ({ shard, shards }) => (await hot.rows<BatchRow>(DUE, [shard, shards])).map(toBatch)[0],
    unwritten: async ({ shard, shards }) => (await hot.rows<BatchRow>(UNWRITTEN, [shard, shards])).map(toBatch),
    writtenBack: async (id) => {
      await hot.rows(`update batch set written_back = true where id = $1::text and status <> 'FROZEN'`, [id]);
    },
    waiting: async ({ shard, shards }, limit) => await hot.rows<WaitingPayout>(WAITING, [shard, shards, limit]),
    freeze: async (lease, { id, payouts, cents, currency, bytes }) =>
      (await hot.rows(FREEZE, [...fenceOf(lease), id, payouts, cents, currency, bytes])).length === payouts.length,
    refuse: async (id) => {
      await hot.rows(`update payout set status = 'REFUSED' where submission_id = $1::uuid and batch_id is null`, [id]);
    },
    begin: async (lease, id) => (await hot.rows<Try>(BEGIN, [...fenceOf(lease), id]))[0],
    notSent: async (id, attempt) => {
      await hot.rows(NOT_SENT, [id, attempt]);
    },
    initiated: async (id, requestId) =>
      (await hot.rows<{ initiated_at: number }>(INITIATED, [id, requestId]))[0]?.initiated_at,
    later: async (id, attempt, inMs, error) => {
      await hot.rows(LATER, [id, inMs, error.slice(0, 500), attempt]);
    },
    breakUp: async (id, attempt, reason) => (await hot.rows(BREAK_UP, [id, attempt, reason.slice(0, 500)])).length > 0,
    fileOf: async (ids) => {
      const text =
        'select submission_id, batch_id from payout where submission_id = any($1::uuid[]) and batch_id is not null';
      const rows = await hot.rows<{ submission_id: string; batch_id: string }>(text, [ids]);
      return new Map(rows.map((row) => [row.submission_id, row.batch_id]));
    },
    members: async (by) => {
      const values = 'batchId' in by ? [by.batchId, null] : ['', by.requestId];
      const [row] = await hot.rows<Pick<BatchRow, 'id' | 'payouts'>>(MEMBERS_OF, values);
      return row && { batchId: row.id, payouts: row.payouts ?? [] };
    },
    counts: async () => {
      const [row] = await cold.rows<PayoutCounts>(COUNTS);
      return row ?? { waiting: 0, frozen: 0, parkedMessages: 0, oldestFrozenMs: 0 };
    },
  };
}

function fenceOf({ name, owner, token }: Lease): readonly unknown[] {
  return [name, owner, token];
}

function toBatch(row: BatchRow): Batch {
  return {
    id: row.id,
    bytes: row.bytes,
    payouts: row.payouts ?? [],
    status: row.status,
    lastError: row.last_error,
    attempts: row.attempts,
    ambiguous: row.ambiguous,
    messageRequestId: row.message_request_id,
    initiatedAt: row.initiated_at,
  };
}
