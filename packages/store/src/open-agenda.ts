import type { Agenda, Dispatch, Overdue } from './agenda.ts';
import { OVERDUE, PUSH, RECALL, TAKE } from './agenda-sql.ts';
import { UNQUEUE } from './intake-sql.ts';
import type { Line } from './line.ts';
import { toSubmission, type SubmissionRow } from './submission-row.ts';

const AGAIN_MS = 15_000;
const RECALL_ROWS = 5_000;

interface OverdueRow extends SubmissionRow {
  readonly callback_due: boolean;
  readonly webhooks: readonly (readonly [id: string, leg: string])[] | null;
}

export function openAgenda(hot: Line): Agenda {
  return {
    take: async (room) => (room > 0 ? await hot.rows<Dispatch>(TAKE, [room]) : []),
    overdue: async (limit, { againInMs = AGAIN_MS, patienceMs = 0 } = {}) =>
      (await hot.rows<OverdueRow>(OVERDUE, [limit, againInMs, patienceMs])).map(toOverdue),
    push: async (ids, inMs) => {
      await hot.rows(PUSH, [ids, inMs]);
    },
    unqueue: async (ids) => {
      await hot.rows(UNQUEUE, [ids]);
    },
    recall: async () => {
      let recalled = 0;
      for (;;) {
        const rows = await hot.rows(RECALL, [RECALL_ROWS]);
        recalled += rows.length;
        if (rows.length < RECALL_ROWS) return recalled;
      }
    },
  };
}

function toOverdue(row: OverdueRow): Overdue {
  return {
    submission: toSubmission(row),
    callbackDue: row.callback_due,
    webhooks: (row.webhooks ?? []).map(([id, leg]) => ({ id, leg })),
  };
}
