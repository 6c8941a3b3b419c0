import type { Status } from '@countersign/flow';
import type { Line } from './line.ts';

const LOOK_EVERY_MS = 100;

interface Waiter {
  readonly id: string;
  readonly status: Status;
  readonly end: (moved: boolean) => void;
}

/** Waits for status moves: one query per 100 ms for all waiters of the process, none while nobody waits. */
export class MoveWatch {
  readonly #line: Line;
  readonly #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  wait(id: string, status: Status, waitMs: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true || waitMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const giveUp = () => waiter.end(false);
      const deadline = setTimeout(giveUp, waitMs);
      const end = (moved: boolean) => {
        clearTimeout(deadline);
        signal?.removeEventListener('abort', giveUp);
        this.#waiters.delete(waiter);
        resolve(moved);
      };
      const waiter: Waiter = { id, status, end };
      signal?.addEventListener('abort', giveUp);
      this.#waiters.add(waiter);
      this.#timer ??= setTimeout(() => void this.#look(), LOOK_EVERY_MS);
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const waiter of this.#waiters) waiter.end(false);
  }

  async #look(): Promise<void> {
    const ids = [...new Set([...this.#waiters].map((waiter) => waiter.id))];
    // While the database is away nobody moves either: wait on.
    const rows = await this.#line
      .rows<{ id: string; status: Status }>(MOVED, [ids])
      .catch((): { id: string; status: Status }[] => []);
    const statuses = new Map(rows.map((row) => [row.id, row.status]));
    for (const waiter of this.#waiters) {
      const status = statuses.get(waiter.id);
      if (status !== undefined && status !== waiter.status) waiter.end(true);
    }
    this.#timer = this.#waiters.size > 0 ? setTimeout(() => void this.#look(), LOOK_EVERY_MS) : undefined;
  }
}

const MOVED = {
  name: 'moved',
  text: 'select id, status from submission where id = any($1::uuid[])',
};
