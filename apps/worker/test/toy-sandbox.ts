// A sandbox for tests, played by the ticket's kind: `poison` ends the process, `loop` never lets go, `leak` grows, `slow` waits
// 200 ms, as a third party's answer lets it wait, `silent` for ever.
import { done, TerminalError, type Ticket } from '@countersign/flow';
import { StoreAway } from '@countersign/store';
import { endWithWorker, serveShared } from '../src/sandbox-pool/serve.ts';
import { behindTurnstile, Turnstile } from '../src/sandbox-pool/turnstile.ts';

const kept: Buffer[] = [];

async function run(ticket: Ticket) {
  if (ticket.kind === 'poison') process.exit(7);
  if (ticket.kind === 'loop') for (;;);
  if (ticket.kind === 'leak') kept.push(Buffer.alloc(64 * 1024 * 1024, 1));
  if (ticket.kind === 'slow') await new Promise((wake) => setTimeout(wake, 200));
  if (ticket.kind === 'silent') await new Promise(() => undefined);
  if (ticket.kind === 'broken') throw new TerminalError('BROKEN', 'no such plan');
  if (ticket.kind === 'away') throw new StoreAway('a minute without PostgreSQL');
  return done();
}

// As the product's modules, of which it still loads some when its worker is gone already.
if (process.env['TOY_STARTS_SLOWLY']) {
  // Its connections hold it.
  setInterval(() => undefined, 1_000);
  const { until } = await import('@countersign/testkit');
  await until(() => !process.connected, { label: 'the worker to be gone' });
}
endWithWorker();
serveShared(behindTurnstile({ run }, new Turnstile()));
