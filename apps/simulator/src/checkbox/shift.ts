import { randomUUID } from 'node:crypto';
import type { Timers } from '../timers.ts';

export type ShiftStatus = 'CREATED' | 'OPENING' | 'OPENED' | 'CLOSING' | 'CLOSED';

/** A cashier's shift as Checkbox tells it. */
export interface Shift {
  readonly id: string;
  readonly serial: number;
  status: ShiftStatus;
  readonly created_at: string;
  updated_at: string;
  opened_at: string | null;
  closed_at: string | null;
  readonly taxes: readonly never[];
}

/** The one shift of the one cash register. */
export interface Shifts {
  find(id: string): Shift | undefined;
  /** The one that is not CLOSED. */
  current(): Shift | null;
  /** CREATED, OPENING, OPENED after `openMs`, and closed by force after 24 h; null: there is one already. */
  open(id: string | undefined): Shift | null;
  /** CLOSING, CLOSED a third of `openMs` later. `atOnce`: like a power cut. */
  close(atOnce: boolean): Shift | null;
  /** The next opening is refused: CREATED, then CLOSED. */
  refuseNext(): void;
  clear(): void;
}

const DAY_MS = 86_400_000;

/** `told` hears of every move of the shift. */
export function createShifts(timers: Timers, openMs: number, told: (shift: Shift) => void): Shifts {
  let shifts: Shift[] = [];
  let refuse = false;
  const current = (): Shift | null => shifts.findLast(({ status }) => status !== 'CLOSED') ?? null;
  const enter = (shift: Shift, status: ShiftStatus): void => {
    if (shift.status === 'CLOSED') return;
    const now = new Date().toISOString();
    Object.assign(shift, { status, updated_at: now });
    if (status === 'OPENED') shift.opened_at = now;
    if (status === 'CLOSED') shift.closed_at = now;
    told({ ...shift });
  };
  return {
    find: (id) => shifts.find((shift) => shift.id === id),
    current,
    open(id = randomUUID()) {
      if (current()) return null;
      const now = new Date().toISOString();
      const stamps = { created_at: now, updated_at: now, opened_at: null, closed_at: null };
      const shift: Shift = { id, serial: shifts.length + 1, status: 'CREATED', ...stamps, taxes: [] };
      shifts.push(shift);
      told({ ...shift });
      const end: ShiftStatus = refuse ? 'CLOSED' : 'OPENED';
      refuse = false;
      // One after the other: timers of a process that was starved fire in any order, and OPENING would be its end.
      timers.after(openMs / 3, () => {
        enter(shift, 'OPENING');
        timers.after(openMs - openMs / 3, () => enter(shift, end));
      });
      timers.after(DAY_MS, () => enter(shift, 'CLOSED'));
      return shift;
    },
    close(atOnce) {
      const shift = current();
      if (!shift) return null;
      enter(shift, atOnce ? 'CLOSED' : 'CLOSING');
      if (!atOnce) timers.after(openMs / 3, () => enter(shift, 'CLOSED'));
      return shift;
    },
    refuseNext: () => void (refuse = true),
    clear() {
      shifts = [];
      refuse = false;
    },
  };
}
