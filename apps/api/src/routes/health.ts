import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Door } from '../door.ts';
import { bankOutlook } from './bank-outlook.ts';
import { documented } from './schemas.ts';
import { sendJson } from './resource.ts';

/** Readiness must tell the truth within 5 s; a dependency that is silent for longer than this is away. */
const PATIENCE_MS = 1_500;

const dependency = z.object({
  status: z.enum(['up', 'down']),
  needed: z.boolean(),
  latencyMs: z.number().optional(),
  error: z.string().optional(),
});
const health = z
  .object({ status: z.enum(['ready', 'not ready']), dependencies: z.record(z.string(), dependency) })
  .meta({ id: 'Health' });
type Dependency = z.infer<typeof dependency>;

/**
 * The door needs PostgreSQL only: without Redis a 202 is still a commit and the dispatcher catches up, so taking the replica
 * out of service would turn a delay into an outage. Redis away is shown and alarmed on, and stays 200.
 */
export function addHealth(app: FastifyInstance, door: Door): void {
  app.get(
    '/health/live',
    {
      schema: documented({
        summary: 'The process answers',
        tags: ['operations'],
        response: { 200: z.object({ status: z.literal('live') }) },
      }),
    },
    async (_request, reply) => sendJson(reply, '{"status":"live"}'),
  );
  app.get(
    '/health/ready',
    {
      schema: documented({
        summary: 'A POST would be accepted; each dependency by name',
        tags: ['operations'],
        response: { 200: health, 503: health },
      }),
    },
    async (_request, reply) => {
      const [postgres, redis, bank] = await Promise.all([
        look(true, () => door.store.ping()),
        look(false, () => door.producer.ping()),
        bankOutlook(door),
      ]);
      const ready = postgres.status === 'up';
      reply.code(ready ? 200 : 503).header('cache-control', 'no-store');
      if (!ready) reply.header('retry-after', '1');
      return sendJson(
        reply,
        JSON.stringify({ status: ready ? 'ready' : 'not ready', dependencies: { postgres, redis, ...bank } }),
      );
    },
  );
  app.get(
    '/metrics',
    { schema: documented({ summary: 'Prometheus text, without identifiers', tags: ['operations'] }) },
    async (_request, reply) => reply.header('content-type', door.metrics.contentType).send(await door.metrics.text()),
  );
}

async function look(needed: boolean, ping: () => Promise<unknown>): Promise<Dependency> {
  const startedMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    await Promise.race([ping(), late]);
    return { status: 'up', needed, latencyMs: Math.round((performance.now() - startedMs) * 10) / 10 };
  } catch (error) {
    // Names and reasons of our own errors; a driver's message could hold an address.
    const known = error instanceof Error && /^(StoreAway|QueueAway)$/.test(error.name);
    return {
      status: 'down',
      needed,
      error: known
        ? error.name
        : error instanceof Error && error.message.startsWith('no answer')
          ? error.message
          : 'away',
    };
  } finally {
    clearTimeout(timer);
  }
}
