import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { guard } from './guardian.ts';
import { send } from './processes.ts';

const LINES_KEPT = 20;

/** How to start one background process and how to see that it works. */
export type Launch = {
  /** What messages call it, e.g. `PostgreSQL`. */
  label: string;
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  owner?: { uid: number; gid: number } | undefined;
  /** A line of its output that says it is up. */
  ready: RegExp;
  readyWithinMs: number;
  /** The polite way to end it, and how long it may take before SIGKILL. */
  stopSignal: NodeJS.Signals;
  graceMs: number;
  /** Folders deleted once it has ended through `stop()` or because we died. */
  removeAfter: string[];
  onLine?: ((line: string) => void) | undefined;
};

/** A running background process. */
export type Background = {
  pid: number;
  /** Resolves when it has ended, for whatever reason. */
  exited: Promise<void>;
  /** Ends it politely, with SIGKILL after its grace; harmless when it has ended already. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash; resolves once it is gone. */
  kill9(): Promise<void>;
};

/**
 * Starts a process outside our process group, waits until it says it is ready and puts it under the guardian.
 * It does not keep our own process alive.
 * @throws Error with the last lines of its output when it ends early or is not ready in time.
 */
export async function startBackground(launch: Launch): Promise<Background> {
  const child = spawn(launch.command, launch.args, {
    cwd: launch.cwd,
    env: launch.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...launch.owner,
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  await untilReady(child, launch);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${launch.label} has no process id`);
  const release = guard({
    pid,
    signal: launch.stopSignal,
    group: false,
    graceMs: launch.graceMs,
    removeAfter: launch.removeAfter,
  });
  // A folder to delete stays in the guardian's care until stop() has deleted it.
  if (launch.removeAfter.length === 0) void exited.then(release);
  unref(child);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    send(pid, signal);
    const timer = setTimeout(() => send(pid, 'SIGKILL'), launch.graceMs);
    await exited;
    clearTimeout(timer);
  };
  return {
    pid,
    exited,
    stop: async () => {
      await end(launch.stopSignal);
      for (const folder of launch.removeAfter) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      release();
    },
    kill9: () => end('SIGKILL'),
  };
}

function untilReady(child: ChildProcess, launch: Launch): Promise<void> {
  const last: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      clearTimeout(timer);
      reject(new Error([`${launch.label} ${what} (${launch.command})`, ...last].join('\n  ')));
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`was not ready within ${launch.readyWithinMs} ms`);
    }, launch.readyWithinMs);
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => fail(`ended with ${signal ?? `code ${code}`}`));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        last.push(line);
        if (last.length > LINES_KEPT) last.shift();
        launch.onLine?.(line);
        if (!launch.ready.test(line)) return;
        clearTimeout(timer);
        resolve();
      });
    }
  });
}

function unref(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdout, child.stderr]) {
    // Pipes of children are sockets underneath, which the stream type does not say.
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
}
