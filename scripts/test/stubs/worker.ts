// Stands in for the worker, and has a child of its own as the real one has its sandboxes.
import { fork } from 'node:child_process';
import { createServer } from 'node:http';

if (process.argv[2] === 'sandbox') {
  setInterval(() => undefined, 1_000);
} else {
  const sandbox = fork(process.argv[1] ?? '', ['sandbox']);
  createServer((_request, response) => response.end(JSON.stringify({ sandbox: sandbox.pid }))).listen(
    Number(process.env['WORKER_HEALTH_PORT']),
    '127.0.0.1',
  );
  // Deliberately leaves its sandbox behind: whoever stops the worker must not.
  process.on('SIGTERM', () => process.exit(0));
}
