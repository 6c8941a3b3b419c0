export * from './names.ts';
export { ATTEMPTS, jobOptions, type Root } from './job-options.ts';
export { QueueAway } from './redis.ts';
export type { Backlog, Depth } from './backlog.ts';
export { createProducer, type Producer, type ProducerOptions } from './producer.ts';
export { createConsumer, type Consumer, type ConsumerOptions, type JobEvent } from './consumer.ts';
export { contextOf, ticketOf, LONGEST_PARK_MS, type Context, type Run } from './processor.ts';
