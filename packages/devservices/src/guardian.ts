import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** A process the guardian stops when we are gone: first politely, after `graceMs` with SIGKILL. */
export type Ward = {
  pid: number;
  signal: NodeJS.Signals;
  /** True to signal the whole process group led by `pid`. */
  group: boolean;
  graceMs: number;
  /** Folders deleted once the process has ended. */
  removeAfter: string[];
};

/** What is written down the pipe, one JSON document per line. */
export type Order = { watch: Ward } | { release: number };

let pipe: Writable | undefined;

/** Puts a process under the guardian's care. Returns the function that releases it (call it when the process ended by itself). */
export function guard(ward: Ward): () => void {
  tell({ watch: ward });
  return () => tell({ release: ward.pid });
}

function tell(order: Order): void {
  pipe ??= startGuardian();
  pipe.write(`${JSON.stringify(order)}\n`);
}

function startGuardian(): Writable {
  const guardian = spawn(process.execPath, [fileURLToPath(new URL('./guardian-process.ts', import.meta.url))], {
    // A group of its own, so that Ctrl-C in the terminal does not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '' },
  });
  guardian.unref();
  guardian.stdin.on('error', () => undefined);
  // A socket-like pipe would keep our event loop alive; the types do not know that it can be unreferenced.
  if ('unref' in guardian.stdin && typeof guardian.stdin.unref === 'function') guardian.stdin.unref();
  return guardian.stdin;
}
