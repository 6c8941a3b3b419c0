/** Ids are UUIDv7: they begin with their milliseconds, so a time is a range of ids and a day a range of days' partitions. */

const DAY_MS = 86_400_000;
/** The door's clock made the id and the database's the time: they may differ by this much. */
export const SKEW_MS = 600_000;

/** The first (`0`) or last (`f`) id of a millisecond. */
export function idAt(ms: number, fill: '0' | 'f' = '0'): string {
  const time = Math.min(Math.max(0, Math.floor(ms)), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return uuidOf(time.padEnd(32, fill));
}

/** 32 hex digits, as UUIDs are written. */
export function uuidOf(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** `2026-11-20`, UTC. */
export function dayOf(id: string): string {
  return dayAt(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

export function dayAt(ms: number): string {
  return new Date(Math.min(ms, MAX_DATE_MS)).toISOString().slice(0, 10);
}

/** Ids of strangers may say any time; PostgreSQL's and JavaScript's dates end later than four digits of a year. */
const MAX_DATE_MS = Date.UTC(9999, 11, 31);

/** From the first id of a day to before the first of the next. */
export function idsOfDay(day: string): readonly [from: string, before: string] {
  const ms = Date.parse(day);
  return [idAt(ms), idAt(ms + DAY_MS)];
}
