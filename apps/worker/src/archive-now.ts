// Moves what is older than ARCHIVE_AFTER_DAYS into the archive and ends: 0 when all is moved, 75 while another one is at it,
// 1 when something failed. Started once a day by the worker that leads, in a process of its own because a day's documents
// take memory and processor; operators may start it at any time.
import { openObjectStore } from '@countersign/archive';
import { archiveLocation, createLog, envOrExit } from '@countersign/process';
import { openStore } from '@countersign/store';
import { archiveDays } from './archive/archive-days.ts';
import { readArchiveEnv } from './archive/settings.ts';

/** What is archived. Every kind whose bodies are documents would do; there is one. */
const KIND = 'receipt';
const BUSY = 75;

const env = envOrExit(readArchiveEnv(process.env));
const log = createLog({ level: env.LOG_LEVEL, name: 'archive' });
const store = openStore({ databaseUrl: env.DATABASE_URL, applicationName: 'countersign-archive', poolSize: 1 });
process.exitCode = await run().catch((err: unknown) => {
  log.error({ err }, 'the archive job failed; what it moved is moved, and the next run goes on');
  return 1;
});
await store.close();

async function run(): Promise<number> {
  const job = await store.archive.openJob();
  if (!job) {
    log.info('another process is at it');
    return BUSY;
  }
  try {
    const objects = await openObjectStore(archiveLocation(env));
    const afterDays = env.ARCHIVE_AFTER_DAYS;
    const report = await archiveDays({ job, objects, log, kind: KIND, afterDays, nowMs: Date.now() });
    objects.close();
    const { postponed } = report;
    await job.succeeded(postponed > 0 ? `${postponed} postponed` : undefined);
    log.info(report, 'everything old enough is archived');
    return 0;
  } catch (error) {
    await job.failed(error instanceof Error ? error.message : String(error)).catch(() => undefined);
    throw error;
  } finally {
    await job.close();
  }
}
