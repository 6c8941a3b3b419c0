import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Env, Log } from '@countersign/process';
import type { Archive } from '@countersign/store';
import { archiveBefore } from './archive-days.ts';

export interface DailyArchive {
  /** One look of the leader: starts the job where it is due, and waits for its end. */
  readonly round: () => Promise<boolean>;
  /** The job is harmless to kill at any moment. */
  readonly close: () => void;
}

/** The archive job once a day, in a process of its own. */
export function createDailyArchive({
  archive,
  file,
  env,
  afterDays,
  log,
}: {
  archive: Pick<Archive, 'isDue'>;
  file: URL;
  env: Env;
  afterDays: number;
  log: Log;
}): DailyArchive {
  const closing = new AbortController();
  return {
    round: async () => {
      if (closing.signal.aborted || !(await archive.isDue(archiveBefore(Date.now(), afterDays)))) return false;
      const job = fork(file, { env: { ...env }, stdio: 'inherit', signal: closing.signal, killSignal: 'SIGKILL' });
      // Killed when we close; what else goes wrong with it shows in how it ends.
      job.on('error', () => {});
      const [code, signal] = (await once(job, 'exit')) as [number | null, NodeJS.Signals | null];
      if (code !== 0 && !closing.signal.aborted) log.warn({ code, signal }, 'the archive job did not come to its end');
      return false;
    },
    close: () => closing.abort(),
  };
}
