import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One process of the product under test, with the end of what it said, for the story of a failure. */
export interface Child {
  readonly name: string;
  readonly process: ChildProcess;
  readonly said: () => string;
  /** Where a worker serves its health and metrics. */
  readonly health?: string;
  /** SIGTERM, and SIGKILL if it does not end within 15 s. Returns its exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill9(): Promise<void>;
}

const KEPT_CHARS = 20_000;
const STOP_WITHIN_MS = 15_000;

/** Starts `apps/<app>/src/main.ts` from source with exactly this environment (and PATH, HOME). */
export function startChild(app: string, env: Record<string, string>): Child {
  const main = fileURLToPath(new URL(`../../../../apps/${app}/src/main.ts`, import.meta.url));
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [main], { env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-KEPT_CHARS);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const gone = once(child, 'exit');
  // A test run that ends without stopping its house (a hook timed out) must not leave it running.
  const bury = () => child.kill('SIGKILL');
  process.once('exit', bury);
  void gone.then(() => process.removeListener('exit', bury));
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const hard = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(hard);
    return child.exitCode;
  };
  return {
    name: app,
    process: child,
    said: () => said,
    stop: () => end('SIGTERM'),
    kill9: async () => void (await end('SIGKILL')),
  };
}
