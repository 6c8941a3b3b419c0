// Loaded into a worker process by `--import`: at the moment that the file `<?dir>/<pid>` names, the process stops itself (SIGSTOP),
// once. From outside nobody could meet the microseconds between two lines; nothing of the worker knows of it.
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';

/**
 * Where a try of a file may be stopped: before the file is frozen; before the write that counts the try; when that write is on
 * its way; when the call is made and waits for its connection; when everything was checked and no byte of it has left; when all
 * have.
 */
export type StopMoment =
  | 'before-freezing'
  | 'before-the-write'
  | 'after-the-write'
  | 'before-the-connection'
  | 'before-the-bytes'
  | 'after-the-bytes';

const directory = new URL(import.meta.url).searchParams.get('dir');
if (directory !== null) watch(join(directory, String(process.pid)));

function watch(order: string): void {
  const isOrdered = (...moments: StopMoment[]): StopMoment | undefined => {
    const ordered = wordIn(order);
    const moment = moments.find((one) => one === ordered);
    if (moment !== undefined) rmSync(order);
    return moment;
  };
  const stop = (): void => void process.kill(process.pid, 'SIGSTOP');
  // What the caller does after this line of his: the bytes are with the system when the microtask comes.
  const stopAfterwards = (): void => queueMicrotask(stop);

  const { write } = Socket.prototype;
  Socket.prototype.write = function (this: Socket, ...given: Parameters<typeof write>) {
    const text = Buffer.isBuffer(given[0]) ? given[0].toString('latin1') : '';
    if (text.includes('batch-freeze') && isOrdered('before-freezing')) stop();
    if (text.includes('batch-begin')) {
      const moment = isOrdered('before-the-write', 'after-the-write');
      if (moment === 'before-the-write') stop();
      if (moment === 'after-the-write') stopAfterwards();
    }
    return write.apply(this, given);
  } as typeof write;

  // Undici's own shape (its documentation, "Diagnostics Channel Support").
  const isPayment = (message: unknown): boolean => {
    const { request } = message as { request: { method: string; path: string } };
    return request.method === 'POST' && request.path.endsWith('/payment');
  };
  subscribe('undici:request:create', (message) => {
    if (isPayment(message) && isOrdered('before-the-connection')) stop();
  });
  subscribe('undici:client:sendHeaders', (message) => {
    if (!isPayment(message)) return;
    const moment = isOrdered('before-the-bytes', 'after-the-bytes');
    if (moment === 'before-the-bytes') stop();
    if (moment === 'after-the-bytes') stopAfterwards();
  });
}

function wordIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
