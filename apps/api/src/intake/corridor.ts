import type { Ticket } from '@countersign/flow';
import type { Log } from '@countersign/process';
import type { Producer } from '@countersign/queue';
import type { Intake } from '@countersign/store';
import { createLightClients, type LightClients } from './light-clients.ts';

/** Where a new submission goes: ahead of what waits, behind it, or to the dispatcher's rows in PostgreSQL. */
export type Place = 'first' | 'last' | 'later';

/** The way from a commit to the queues. Nothing here is awaited by a request, and nothing is lost when it fails. */
export interface Corridor {
  /** Decided before the commit, because the row says who hands out its first ticket. */
  readonly placeFor: (clientId: string) => Place;
  readonly enter: (
    submission: {
      readonly id: string;
      readonly kind: string;
      readonly clientId: string;
      readonly traceparent: string;
    },
    place: Place,
  ) => void;
  /** A kept webhook to be applied. */
  readonly settle: (webhook: {
    readonly submissionId: string;
    readonly kind: string;
    readonly leg: string;
    readonly id: string;
  }) => void;
  /** Tickets that carry out what an operator ordered. */
  readonly remind: (tickets: readonly Ticket[]) => void;
  /** Resolves when nothing is on its way any more, at the latest after `deadlineMs`. */
  readonly drain: (deadlineMs: number) => Promise<void>;
}

interface CorridorOptions {
  readonly producer: Pick<Producer, 'startFlow' | 'add' | 'remind' | 'room'>;
  readonly intake: Pick<Intake, 'unqueue'>;
  readonly log: Pick<Log, 'warn'>;
  readonly light?: LightClients;
}

/** Redis takes a flow in well under a millisecond: so many on their way at once mean it is not keeping up. */
const MOST_ON_THE_WAY = 5_000;
/** Commits come in batches, so their failures do too: one statement gives a whole batch back. */
const GIVE_BACK_EVERY_MS = 20;

export function createCorridor({ producer, intake, log, light = createLightClients() }: CorridorOptions): Corridor {
  const onTheWay = new Set<Promise<void>>();
  let failed: string[] = [];

  const giveBack = (id: string): void => {
    failed.push(id);
    if (failed.length > 1) return;
    const later = new Promise<void>((wake) => setTimeout(wake, GIVE_BACK_EVERY_MS)).then(async () => {
      const ids = failed;
      failed = [];
      await intake.unqueue(ids);
    });
    track(later);
  };
  const track = (work: Promise<unknown>): void => {
    const tracked: Promise<void> = work
      // The sweep finds what is dropped here: the row is committed and its turn is written beside it.
      .catch((err: unknown) => log.warn({ err }, 'a ticket was not handed out; the sweep will'))
      .then(() => void onTheWay.delete(tracked));
    onTheWay.add(tracked);
  };

  return {
    placeFor(clientId) {
      const isLight = light.take(clientId);
      if (onTheWay.size >= MOST_ON_THE_WAY) return 'later';
      // A light client's few go in even when the room is full: they are what the bound protects.
      if (isLight) return 'first';
      return producer.room() > 0 ? 'last' : 'later';
    },
    enter({ id, kind, clientId: client, traceparent }, place) {
      if (place === 'later') return;
      const ticket = { v: 1, id, kind, client, traceparent } as const;
      track(producer.startFlow(ticket, { first: place === 'first' }).catch(() => giveBack(id)));
    },
    settle({ submissionId, kind, leg, id }) {
      const ticket: Ticket = { v: 1, step: 'settle', id: submissionId, kind, leg, webhook: id };
      track(producer.add([{ ticket, inMs: 0, as: 'apart' }]));
    },
    remind(tickets) {
      track(producer.remind(tickets));
    },
    async drain(deadlineMs) {
      const end = performance.now() + deadlineMs;
      while (onTheWay.size > 0 && performance.now() < end) {
        await Promise.race([
          Promise.all(onTheWay),
          new Promise((wake) => setTimeout(wake, end - performance.now()).unref()),
        ]);
      }
    },
  };
}
