// A process that does the archive job and kills itself (SIGKILL) at one step of it: `archive-dying.ts <step> <ms>`, `ms` after
// that step was begun; without, before it.
import { openObjectStore } from '@countersign/archive';
import { createLog } from '@countersign/process';
import { openStore } from '@countersign/store';
import { archiveDays } from '../src/archive/archive-days.ts';
import { KIND, tapped } from './archive-stage.ts';

const [, , step = '', afterMs] = process.argv;
const { DATABASE_URL = '', FOLDER = '' } = process.env;
const store = openStore({ databaseUrl: DATABASE_URL, applicationName: 'archive-dying' });
const job = await store.archive.openJob();
if (!job) throw new Error('another is at it');
const objects = await openObjectStore({ type: 'folder', path: FOLDER });
const die = (): boolean => process.kill(process.pid, 'SIGKILL');
const hands = tapped({ job, objects }, async (name) => {
  if (name !== step) return;
  if (afterMs === undefined) die();
  else setTimeout(die, Number(afterMs));
});
const log = createLog({ level: 'silent', name: 'test' });
await archiveDays({ ...hands, log, kind: KIND, afterDays: 30, nowMs: Date.now(), settleMs: 0 });
// It was quicker than its death.
die();
