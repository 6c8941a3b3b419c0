// A worker process for tests: takes every ticket, says so on stdout, and never finishes while HANG is set.
import { done, STEPS } from '@countersign/flow';
import { createLog } from '@countersign/process';
import { createConsumer, createProducer } from '../src/index.ts';

const { REDIS_URL: redisUrl = '', PREFIX: prefix = '', HANG } = process.env;
const log = createLog({ level: 'silent', name: 'toy' });
const producer = createProducer({ redisUrl, prefix, log });
createConsumer({
  redisUrl,
  prefix,
  queues: STEPS,
  concurrency: 10,
  producer,
  log,
  run: async (ticket, context) => {
    process.stdout.write(`${JSON.stringify({ step: ticket.step, attempt: context.attempt })}\n`);
    if (HANG) await new Promise(() => undefined);
    return done();
  },
});
