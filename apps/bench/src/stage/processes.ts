import { fork, spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goneWithin, guard, isAlive } from '@countersign/devservices';

const STOP_WITHIN_MS = 20_000;

/** A running process of the benchmark; whatever happens to us, the guardian ends it. */
export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a program of the product with its output in a file. */
export function startProgram(file: string, cwd: string, env: NodeJS.ProcessEnv, logFile: string): Running {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile);
  const child = spawn(process.execPath, [file], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return watched(child);
}

/** Starts a process of ours that talks to us; `file` stands beside this folder. */
export function startOurs(file: string, env: NodeJS.ProcessEnv = {}): Running {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  return watched(
    fork(path, { execArgv: [], serialization: 'advanced', env: { PATH: process.env['PATH'] ?? '', ...env } }),
  );
}

function watched(child: ChildProcess): Running {
  const { pid } = child;
  if (pid === undefined) throw new Error('the process could not be started');
  const release = guard({ pid, signal: 'SIGTERM', group: false, graceMs: 5_000, removeAfter: [] });
  child.once('exit', release);
  return {
    pid,
    child,
    async stop() {
      if (!isAlive(pid)) return;
      child.kill('SIGTERM');
      if (!(await goneWithin(pid, STOP_WITHIN_MS))) child.kill('SIGKILL');
    },
  };
}

/** The next message of a forked process for which `pick` gives something. @throws Error when it ends first. */
export function answerOf<T>({ child }: Running, pick: (message: unknown) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const hear = (message: unknown): void => {
      const picked = pick(message);
      if (picked === undefined) return;
      child.off('message', hear).off('exit', gone);
      resolve(picked);
    };
    const gone = (code: number | null): void => reject(new Error(`a process of the benchmark ended with ${code}`));
    child.on('message', hear).once('exit', gone);
  });
}
