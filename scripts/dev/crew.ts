import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { guard, send } from '@countersign/devservices';
import { say, sayAll } from './say.ts';

const STOP_WITHIN_MS = 10_000;
// A child that dies is back within 5 s: after 0.2 s the first time, up to 4 s when it keeps dying.
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 4_000;
const SETTLED_AFTER_MS = 10_000;

/** A process of ours (API, worker, simulator) that is started again when it dies and when its code changes. */
export type Member = {
  /** Ends it and starts it again, with the code as it is now. */
  reload(): void;
  /** Ends it for good, politely at first. */
  stop(): Promise<void>;
  /** SIGKILL, for the impatient. */
  kill(): void;
};

/** What a member is and whom to tell when it ended by itself. */
export type Role = {
  name: string;
  /** The TypeScript file to run. */
  file: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Asked each time it ended unasked, with its exit code: is there no use in starting it again? */
  isOver?: (code: number | null) => boolean;
};

/** Starts a member in a process group of its own: Ctrl-C reaches us, and we end it in order. */
export function hire(role: Role): Member {
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let over = false;
  let reloading = false;
  let delayMs = FIRST_DELAY_MS;
  let timer: NodeJS.Timeout | undefined;

  const start = (): void => {
    const startedAt = Date.now();
    child = launch(role);
    ended = endOf(child).then((how) => {
      if (over || reloading) return;
      delayMs = Date.now() - startedAt > SETTLED_AFTER_MS ? FIRST_DELAY_MS : Math.min(delayMs * 2, LONGEST_DELAY_MS);
      if (role.isOver?.(how.code) === true) {
        over = true;
        return say(role.name, `ended ${how.text}`);
      }
      say(role.name, `ended ${how.text}; starts again in ${delayMs} ms`);
      timer = setTimeout(start, delayMs);
    });
  };
  const end = async (): Promise<void> => {
    clearTimeout(timer);
    if (child !== undefined) await endGroup(child, ended);
  };
  start();
  return {
    reload: () => {
      if (reloading || over) return;
      reloading = true;
      void end().then(() => {
        reloading = false;
        if (!over) start();
      });
    },
    stop: () => {
      over = true;
      return end();
    },
    kill: () => {
      over = true;
      clearTimeout(timer);
      if (child?.pid !== undefined) send(child.pid, 'SIGKILL', true);
    },
  };
}

function launch({ name, file, cwd, env }: Role): ChildProcess {
  // Node itself strips the types: half the start-up time of a loader, and sandbox children get the same for free.
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  sayAll(name, child.stdout);
  sayAll(name, child.stderr);
  if (child.pid !== undefined) {
    const release = guard({ pid: child.pid, signal: 'SIGTERM', group: true, graceMs: STOP_WITHIN_MS, removeAfter: [] });
    child.once('exit', release);
  }
  return child;
}

function endOf(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    // Whatever it had forked goes with it.
    child.once('exit', () => void (child.pid !== undefined && send(child.pid, 'SIGKILL', true)));
    // Not at its exit: its last words may still be in the pipe, and it is by them that a person learns why it ended.
    child.once('close', (code, signal) => {
      resolve({ code, text: signal === null ? `with code ${code}` : `by ${signal}` });
    });
    child.once('error', (error) => resolve({ code: null, text: `before it began: ${error.message}` }));
  });
}

async function endGroup(child: ChildProcess, ended: Promise<void>): Promise<void> {
  // Ended, but its last words are still on their way: then it has not ended for us, and nobody may start it again.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return await ended;
  const { pid } = child;
  send(pid, 'SIGTERM');
  const timer = setTimeout(() => send(pid, 'SIGKILL', true), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}
