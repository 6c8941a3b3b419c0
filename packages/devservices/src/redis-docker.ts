import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const IMAGE = 'valkey/valkey:8-alpine';
const ASK_WITHIN_MS = 5_000;

/** True when a docker engine answers. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await promisify(execFile)('docker', ['info'], { timeout: ASK_WITHIN_MS });
    return true;
  } catch {
    return false;
  }
}

/** The command that runs the server in a container with its data in `dataDir`, listening on 127.0.0.1:port. */
export function dockerLaunch(
  dataDir: string,
  port: number,
  settings: string[],
): { command: string; args: string[]; env: NodeJS.ProcessEnv } {
  const user = process.getuid === undefined ? [] : ['--user', `${process.getuid()}:${process.getgid?.() ?? 0}`];
  const mount = ['--publish', `127.0.0.1:${port}:6379`, '--volume', `${dataDir}:/data`];
  const name = ['--name', `countersign-redis-${port}`];
  return {
    command: 'docker',
    args: [
      'run',
      '--rm',
      '--init',
      ...name,
      ...user,
      ...mount,
      IMAGE,
      'valkey-server',
      '--dir',
      '/data',
      '--protected-mode',
      'no',
      ...settings,
    ],
    env: process.env,
  };
}
