import { createServer } from 'node:net';
import { threadId } from 'node:worker_threads';

/** True when nothing listens on this port of 127.0.0.1 right now. */
export async function portIsFree(port: number): Promise<boolean> {
  return (await listenOnce(port).catch(() => undefined)) !== undefined;
}

/**
 * Below those that the system itself gives to outgoing connections (from 32,768 on Linux, 49,152 on macOS): one of them may be
 * taken between our asking and the listening of whom it is for. Seen once in a run of all tests: EADDRINUSE.
 */
const LOWEST = 20_000;
const COUNT = 12_000;
/** Processes and threads side by side begin at different places. */
let turn = (process.pid * 61 + threadId * 997) % COUNT;

/** A port of 127.0.0.1 that nobody listens on; no two calls of a process get the same. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried += 1) {
    const port = LOWEST + turn;
    turn = (turn + 1) % COUNT;
    if (await portIsFree(port)) return port;
  }
  throw new Error(`no port of 127.0.0.1 from ${LOWEST} to ${LOWEST + COUNT - 1} is free`);
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.close(() => resolve(port));
    });
  });
}
