import { archiveFields, everyProcess, readEnv, type Env } from '@countersign/process';
import { z } from 'zod';

const schema = z.object({
  LOG_LEVEL: everyProcess.LOG_LEVEL,
  DATABASE_URL: everyProcess.DATABASE_URL,
  ...archiveFields,
});

/** What the archive's own process reads: a part of what every worker does. */
export function readArchiveEnv(env: Env) {
  return readEnv(schema, env);
}
