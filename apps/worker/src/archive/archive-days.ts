import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { digestOf, FORMAT, parquetOf, rowsOf, type ObjectStore } from '@countersign/archive';
import type { ArchivedRow } from '@countersign/flow';
import type { Log } from '@countersign/process';
import type { ArchiveJob, Basket } from '@countersign/store';
import { checkMark } from './mark.ts';

const DAY_MS = 86_400_000;
/** A statement that accepts ends within 2.5 s: after this, whoever accepts sees the keys that were kept. */
const SETTLE_MS = 3_000;
/** Somebody may use the table at that very moment. */
const DROP_TRIES = 5;
const DROP_AGAIN_MS = 1_000;

export interface ArchivePorts {
  readonly job: ArchiveJob;
  readonly objects: ObjectStore;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** What is moved: kinds whose bodies are documents. */
  readonly kind: string;
  /** Full days older than this. */
  readonly afterDays: number;
  readonly nowMs: number;
  readonly settleMs?: number;
}

export interface ArchiveReport {
  readonly days: number;
  readonly files: number;
  readonly rows: number;
  /** Receipts that changed while they were moved, and days that could not be dropped: the next run's. */
  readonly postponed: number;
}

/**
 * Moves every day older than `afterDays` into files. Harmless at any point where it dies: a file counts from the moment its
 * row is committed, together with the deletion of what is in it; files before that moment are removed by the next run.
 */
export async function archiveDays(ports: ArchivePorts): Promise<ArchiveReport> {
  const { job, objects, log, kind, afterDays, nowMs } = ports;
  await removeRubbish(job, objects);
  const beforeMs = archiveBefore(nowMs, afterDays);
  const total = { days: 0, files: 0, rows: 0, postponed: 0 };
  for (const day of await job.days(beforeMs)) {
    const moved = await moveBaskets(ports, await job.basketsOf(kind, day));
    const dropped = await drop(ports, day);
    total.files += moved.files;
    total.rows += moved.rows;
    total.postponed += moved.postponed + (dropped ? 0 : 1);
    if (dropped) total.days += 1;
    log.info(
      { day, ...moved, ...dropped },
      dropped ? 'a day was archived' : 'a day was archived but for its partition',
    );
  }
  const late = await moveBaskets(ports, await job.stragglers(kind, beforeMs));
  if (late.rows > 0) log.info(late, 'receipts were archived that had stayed behind');
  await job.sweepUp(kind);
  await removeRubbish(job, objects);
  return {
    days: total.days,
    files: total.files + late.files,
    rows: total.rows + late.rows,
    postponed: total.postponed + late.postponed,
  };
}

/** The midnight (UTC) before which everything is old enough. */
export function archiveBefore(nowMs: number, afterDays: number): number {
  return (Math.floor(nowMs / DAY_MS) - afterDays) * DAY_MS;
}

async function removeRubbish(job: ArchiveJob, objects: ObjectStore): Promise<void> {
  for (const path of await job.rubbish()) {
    await objects.remove(path);
    await job.forget(path);
  }
}

async function moveBaskets(ports: ArchivePorts, baskets: readonly Basket[]) {
  const { job, objects, kind, settleMs = SETTLE_MS } = ports;
  const sum = { files: 0, rows: 0, postponed: 0 };
  if (baskets.length === 0) return sum;
  await checkMark(job, objects);
  for (const basket of baskets) await job.keepKeys(kind, basket);
  // Also where all were kept before: that may have been a moment before the last run died.
  await pause(settleMs);
  for (const basket of baskets) {
    for (let after: string | undefined; ;) {
      const rows = await job.pick(kind, basket, after);
      const last = rows.at(-1);
      if (!last) break;
      after = last.id;
      const moved = await movePart(ports, basket, rows);
      sum.files += moved ? 1 : 0;
      sum.rows += moved ? rows.length : 0;
      sum.postponed += moved ? 0 : rows.length;
    }
  }
  return sum;
}

async function movePart({ job, objects, log, kind }: ArchivePorts, basket: Basket, rows: readonly ArchivedRow[]) {
  const bytes = parquetOf(rows);
  const sha256 = sha(bytes);
  const path = `${kind}/v${FORMAT}/client=${basket.clientId}/day=${basket.day}/${sha256.slice(0, 32)}.parquet`;
  await job.intend(path);
  await objects.put(path, bytes);
  // What counts is what the object store gives back, not what it was given.
  const kept = await objects.get(path);
  if (kept && sha(kept) === sha256) {
    const digests = new Map((await rowsOf(kept)).map((row) => [row.id, digestOf(row)]));
    const file = { ...basket, path, bytes: kept.length, sha256, format: FORMAT, digests };
    if (await job.move(kind, file, digestOf)) return true;
  }
  log.warn(
    { path, rows: rows.length, sameBytes: kept !== undefined && sha(kept) === sha256 },
    'a file is not what the database holds (any more): its receipts stay, and the next run tries again',
  );
  await objects.remove(path);
  await job.forget(path);
  return false;
}

function sha(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function drop({ job, kind }: ArchivePorts, day: string) {
  for (let left = DROP_TRIES; left > 0; left -= 1) {
    const dropped = await job.dropDay(kind, day);
    if (dropped) return dropped;
    if (left > 1) await pause(DROP_AGAIN_MS);
  }
  return undefined;
}
