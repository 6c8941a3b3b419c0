// A process of its own that outlives its parent by a few seconds. It holds the reading end of a pipe; when the parent
// ends in whatever way (kill -9 as well), the pipe closes, and what the parent had started is stopped.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isAlive, send } from './processes.ts';
import type { Order, Ward } from './guardian.ts';

const LOOK_EVERY_MS = 25;
const wards = new Map<number, Ward>();

// Ctrl-C and a hung-up terminal are the parent's business; the end of the pipe is ours.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

createInterface({ input: process.stdin }).on('line', (line) => {
  // The parent is the only one who writes here, and it writes Orders.
  const order = JSON.parse(line) as Order;
  if ('watch' in order) wards.set(order.watch.pid, order.watch);
  else wards.delete(order.release);
});

process.stdin.on('end', () => void stopAll());

async function stopAll(): Promise<void> {
  await Promise.all([...wards.values()].map(stopOne));
  process.exit(0);
}

async function stopOne(ward: Ward): Promise<void> {
  send(ward.pid, ward.signal, ward.group);
  const deadline = Date.now() + ward.graceMs;
  while (isAlive(ward.pid) && Date.now() < deadline) await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
  send(ward.pid, 'SIGKILL', ward.group);
  for (const folder of ward.removeAfter) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
