import { iso } from '@countersign/flow';
import { BANK } from '@countersign/providers';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import type { MayOnly } from '../plugins/auth.ts';
import { documented, limitUpTo } from './schemas.ts';

const message = z
  .object({
    id: z.string().meta({ description: 'Message-Response-Id.' }),
    type: z.string(),
    requestId: z.string().nullable(),
    note: z.string().nullable().meta({ description: 'Why it is parked.' }),
    receivedAt: z.string(),
    body: z.string(),
  })
  .meta({ id: 'ParkedBankMessage' });

/** What the bank said and nobody here could place: stored before it was deleted there, never dropped, for an operator to read. */
export function addBankMessages(app: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  if (!door.contracts.some(({ providers }) => providers.includes(BANK))) return;
  app.withTypeProvider<ZodTypeProvider>().get(
    '/v1/bank-messages/parked',
    {
      schema: documented({
        summary: "The bank's messages that speak of nothing we know, newest first",
        tags: ['operations'],
        scope: 'admin',
        querystring: z.strictObject({ limit: limitUpTo(100) }),
        response: { 200: z.object({ data: z.array(message) }) },
        problems: ['invalid-request'],
      }),
      onRequest: mayOnly('admin'),
    },
    async (request) => {
      const parked = await door.store.bankMail.parked(Number(request.query.limit));
      return { data: parked.map(({ receivedAt, ...one }) => ({ ...one, receivedAt: iso(receivedAt) })) };
    },
  );
}
