import { STEPS } from '@countersign/flow';
import type { Backlog } from './backlog.ts';

/** How fresh the count is: between two looks only our own additions are counted. */
const LOOK_EVERY_MS = 100;
/** Parked jobs cost memory only, but that too has an end. */
const PARKED_PER_WAITING = 25;

/** How many more tickets Redis should hold. Asking never waits: it answers by the last look, and looks again when that is old. */
export function createRoom(maxWaiting: number, isThere: () => boolean, look: () => Promise<Backlog>) {
  let room = maxWaiting;
  let lookedMs = -Infinity;
  let looking = false;
  /** Handed out since the look under way began: it may not have seen them. */
  let unseen = 0;

  const lookAgain = async (): Promise<void> => {
    looking = true;
    unseen = 0;
    try {
      const backlog = await look();
      const waiting = STEPS.reduce((sum, step) => sum + backlog[step].waiting, 0);
      const parked = STEPS.reduce((sum, step) => sum + backlog[step].delayed, 0);
      room = Math.min(maxWaiting - waiting, maxWaiting * PARKED_PER_WAITING - parked) - unseen;
    } catch {
      room = 0;
    } finally {
      looking = false;
      lookedMs = performance.now();
    }
  };
  return {
    took(tickets: number): void {
      room -= tickets;
      unseen += tickets;
    },
    now(): number {
      if (!isThere()) return 0;
      if (!looking && performance.now() - lookedMs > LOOK_EVERY_MS) void lookAgain();
      return Math.max(0, room);
    },
  };
}
