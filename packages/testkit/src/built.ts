import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What `pnpm build` made of a deployable: the file that Node runs. `root`: of the repository. */
export function builtProgram(root: string, app: 'api' | 'worker'): string {
  return join(root, `apps/${app}/dist/main.js`);
}

/**
 * Brings the database of `env` to the current schema as a deployment does, by the API's own program (its source where nothing is built yet).
 * @throws Error with the program's last words.
 */
export async function migrateBuilt(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const built = join(root, 'apps/api/dist/migrate.js');
  const file = existsSync(built) ? built : join(root, 'apps/api/src/migrate.ts');
  const child = spawn(process.execPath, [file], { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`the database could not be migrated (${file}):\n${said}`);
}
