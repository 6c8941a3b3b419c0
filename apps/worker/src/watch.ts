import type { Log } from '@countersign/process';
import type { Producer } from '@countersign/queue';
import type { Store } from '@countersign/store';
import { sweep } from './sweep.ts';

/** One round of the leader's watch, about once a second. Returns whether there is more to do at once. */
export async function keepWatch(
  store: Pick<Store, 'agenda' | 'deadLetters'>,
  producer: Pick<Producer, 'remind' | 'room' | 'backlog' | 'remembers'>,
  log: Log,
): Promise<boolean> {
  if (!(await producer.remembers().catch(() => true))) {
    // A Redis without our mark is new, or was emptied: whatever was in its queues is gone.
    const submissions = await store.agenda.recall();
    // The very first start finds it empty too, and that is no cause for alarm.
    if (submissions > 0) log.warn({ submissions }, 'Redis was empty: everything unfinished gets its ticket again');
  }
  const replayed = await store.deadLetters.workOff();
  if (replayed > 0) log.info({ replayed }, 'dead letters replayed');
  return await sweep(store.agenda, producer, log);
}
