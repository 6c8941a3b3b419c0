import type { Log } from '@countersign/process';
import type { Producer } from '@countersign/queue';
import type { Agenda } from '@countersign/store';

/** So many rows are taken at once at most: a batch is one statement and about 50 ms of Redis's time. */
const BATCH = 500;

/**
 * Brings rows that have no ticket to the queues while these have room: what the door could not enqueue, and what it left
 * because enough waits already. Round robin over clients, so one client's 100,000 do not delay another's 10.
 * Returns whether there is more to do at once.
 */
export async function dispatch(
  agenda: Pick<Agenda, 'take' | 'unqueue'>,
  producer: Pick<Producer, 'startFlow' | 'room'>,
  log: Log,
): Promise<boolean> {
  const room = Math.min(BATCH, producer.room());
  if (room === 0) return false;
  const rows = await agenda.take(room);
  const failed: string[] = [];
  const brought = new Map<string, number>();
  for (const { clientId } of rows) brought.set(clientId, (brought.get(clientId) ?? 0) + 1);
  const most = Math.max(...brought.values());
  await Promise.all(
    rows.map(async ({ id, kind, clientId, traceparent }) => {
      // Each client may bring as many as another: who brings fewer has no more waiting.
      const first = (brought.get(clientId) ?? 0) < most;
      const trace = traceparent === null ? {} : { traceparent };
      try {
        await producer.startFlow({ v: 1, id, kind, client: clientId, ...trace }, { first });
      } catch {
        failed.push(id);
      }
    }),
  );
  if (failed.length > 0) {
    log.warn({ rows: failed.length }, 'could not enqueue; they stay in PostgreSQL');
    await agenda.unqueue(failed);
    return false;
  }
  return rows.length === room;
}
