import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sayAll } from './say.ts';

/**
 * Brings the database to the current schema, in a process of its own as in a deployment.
 * @throws Error when that process does not end with 0; it has said why.
 */
export async function migrate(root: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const file = join(root, 'apps/api/src/migrate.ts');
  if (!existsSync(file)) throw new Error(`${file} is missing: it brings the database to the current schema`);
  const child = spawn(process.execPath, [file], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], signal });
  sayAll('migrate', child.stdout);
  sayAll('migrate', child.stderr);
  const code = await new Promise<number | null>((resolve, reject) => {
    // Not at its exit: what is wrong may still be in the pipe.
    child.once('close', resolve);
    child.once('error', reject);
  });
  if (code !== 0) throw new Error('The database could not be migrated; what is wrong stands above.');
}
