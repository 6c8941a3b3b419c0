// A sandbox for tests, played by the ticket's kind: `poison` ends the process, `loop` never lets go, `leak` grows, `slow` waits 200 ms.
import { done, TerminalError, type Ticket } from '@countersign/flow';
import { StoreAway } from '@countersign/store';
import { endWithWorker, serveShared } from '../src/sandbox-pool/serve.ts';

const kept: Buffer[] = [];

async function run(ticket: Ticket) {
  if (ticket.kind === 'poison') process.exit(7);
  if (ticket.kind === 'loop') for (;;);
  if (ticket.kind === 'leak') kept.push(Buffer.alloc(64 * 1024 * 1024, 1));
  if (ticket.kind === 'slow') await new Promise((wake) => setTimeout(wake, 200));
  if (ticket.kind === 'broken') throw new TerminalError('BROKEN', 'no such plan');
  if (ticket.kind === 'away') throw new StoreAway('a minute without PostgreSQL');
  return done();
}

// The product's modules take so long to load; its connections hold it.
if (process.env['TOY_STARTS_SLOWLY']) {
  setInterval(() => undefined, 1_000);
  await new Promise((loaded) => setTimeout(loaded, 300));
}
endWithWorker();
serveShared({ run });
