import { iso, type Status } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import { BANK } from '@countersign/providers';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import type { MayOnly } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { bankOutlook } from './bank-outlook.ts';
import { findAny } from './find-any.ts';
import { resourceOf, sendJson } from './resource.ts';
import { cursor, status } from './schemas.ts';
import { whyItWaits } from './why-it-waits.ts';

/** What only operators may see (scope `admin`): any client's submissions with why they wait, and how much lies where. */
export function addConsoleData(plain: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const onRequest = mayOnly('admin');
  const { submissions } = door.store;
  const kind = z.object({ path: z.string() });
  const query = z.strictObject({ status: status.optional(), cursor: cursor.optional() });

  app.get('/console/data/overview', { onRequest, schema: { hide: true } }, async (_request, reply) =>
    sendJson(reply.header('cache-control', 'no-store'), JSON.stringify(await overview(door))),
  );
  app.get(
    '/console/data/:path',
    { onRequest, schema: { hide: true, params: kind, querystring: query } },
    async (request, reply) => {
      const { items, nextCursor } = await newest(door, request.params.path, request.query);
      return sendJson(
        reply.header('cache-control', 'no-store'),
        `{"data":[${items.join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`,
      );
    },
  );
  const one = z.object({ path: z.string(), id: z.string().max(512) });
  app.get('/console/data/:path/:id', { onRequest, schema: { hide: true, params: one } }, async (request, reply) => {
    const { contract, found } = await findOne(door, request.params);
    const { submission, body } = found;
    const [timeline, bankTrouble] = await Promise.all([
      submissions.timeline(submission.id),
      contract.providers.includes(BANK) ? bankTroubleOf(door) : null,
    ]);
    const beside = JSON.stringify({
      path: contract.path,
      clientId: submission.clientId,
      callbackUrl: submission.callbackUrl,
      waits: whyItWaits(submission, { nowMs: Date.now(), timeline, bankTrouble }),
      timeline: timeline.map(({ at, ...rest }) => ({ at: iso(at), ...rest })),
    });
    return sendJson(
      reply.header('cache-control', 'no-store'),
      `{"resource":${resourceOf(contract, submission, body)},${beside.slice(1)}`,
    );
  });
}

const PAGE_SIZE = 50;

interface Filter {
  readonly status?: Status | undefined;
  readonly cursor?: string | undefined;
}

/** Of one kind page by page; of `any`, the newest of all and no further. */
async function newest(door: Door, path: string, { status: wanted, cursor: after }: Filter) {
  const only = {
    ...(wanted === undefined ? {} : { status: wanted }),
    ...(after === undefined ? {} : { cursor: after }),
  };
  const contracts = path === 'any' ? door.contracts : [contractAt(door, path)];
  const pages = await Promise.all(
    contracts.map(async (contract) => {
      const page = await door.store.submissions.list({ kind: contract.kind, limit: PAGE_SIZE, ...only });
      const items = page.items.map(({ submission, body }) => ({
        createdAt: submission.createdAt,
        text: resourceOf(contract, submission, body),
      }));
      return { items, nextCursor: page.nextCursor };
    }),
  );
  const items = pages.flatMap((page) => page.items).sort((a, b) => b.createdAt - a.createdAt);
  const nextCursor = path === 'any' ? null : (pages[0]?.nextCursor ?? null);
  return { items: items.slice(0, PAGE_SIZE).map(({ text }) => text), nextCursor };
}

async function bankTroubleOf(door: Door): Promise<string | null> {
  return (await bankOutlook(door))[BANK]?.error ?? null;
}

/** `any`: an operator who is woken has an id, not a kind. */
async function findOne(door: Door, { path, id }: { path: string; id: string }) {
  for (const contract of path === 'any' ? door.contracts : [contractAt(door, path)]) {
    const found = await findAny(door.store.submissions, contract, id).catch(unlessMissing);
    if (found) return { contract, found };
  }
  throw new Problem('not-found', `There is nothing with that id${path === 'any' ? '' : ` at ${path}`}`);
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Problem && error.slug === 'not-found') return;
  throw error;
}

function contractAt(door: Door, path: string): KindContract {
  const contract = door.contracts.find((each) => each.path === path);
  if (contract) return contract;
  throw new Problem(
    'not-found',
    `There is no kind at ${path}; there are: ${door.contracts.map((each) => each.path).join(', ')}`,
  );
}

/** What cannot be had (Redis or PostgreSQL is away) is null: the rest is still worth seeing. */
async function overview(door: Door) {
  const [queues, gauges] = await Promise.all([
    door.producer.backlog().catch(() => null),
    door.store.gauges().catch(() => null),
  ]);
  const kinds = door.contracts.map(({ kind, path, summary, providers }) => ({ kind, path, summary, providers }));
  return { kinds, queues, gauges };
}
