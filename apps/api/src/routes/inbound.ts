import type { WebhookContract } from '@countersign/kinds';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Door } from '../door.ts';
import { fingerprint } from '../intake/canonical.ts';
import { parseJson } from '../intake/json-body.ts';
import { invalid, Problem } from '../problem.ts';
import { acceptHandedOver } from './handed-over.ts';
import { documented } from './schemas.ts';

const BODY_LIMIT = 256 * 1024;

/**
 * `POST /webhooks/{provider}[/{token}]`: proof on the raw bytes first, then committed, then 2xx; what it means happens in the
 * worker (contract section 3.3).
 */
export function addInbound(app: FastifyInstance, door: Door): void {
  const received = door.metrics.counter(
    'countersign_webhooks_received_total',
    'Webhooks of third parties, by what we made of them',
    ['provider', 'outcome'] as const,
  );
  void app.register((scope, _options, done) => {
    // Whatever it calls itself: the bytes are what is proven.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, parsed) => parsed(null, bytes));
    // Kinds may share a third party; then they share its webhook, the very same object.
    for (const webhook of new Set(door.contracts.flatMap((contract) => contract.webhooks))) {
      const { provider, proof } = webhook;
      const url = `/webhooks/${provider}${proof.type === 'token' ? '/:token' : ''}`;
      scope.post(url, { schema: schemaOf(webhook), bodyLimit: BODY_LIMIT }, async (request, reply) => {
        const outcome = await receive(door, webhook, request);
        received.inc({ provider, outcome });
        return answer(reply, webhook);
      });
      // Without its token the address is that of a stranger, not of nothing.
      if (proof.type === 'token') {
        scope.post(`/webhooks/${provider}`, { schema: { hide: true }, bodyLimit: BODY_LIMIT }, () => {
          throw unproven('The URL lacks its token');
        });
      }
    }
    scope.addHook('onError', async (request, _reply, error) => {
      const provider = request.routeOptions.url?.split('/')[2] ?? '';
      received.inc({ provider, outcome: error instanceof Problem ? error.slug : 'error' });
    });
    done();
  });
}

async function receive(
  door: Door,
  webhook: WebhookContract,
  request: FastifyRequest,
): Promise<'kept' | 'repeat' | 'rung' | 'ignored'> {
  const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const proven = await prove(door, webhook, request, raw);
  const news = webhook.parse(parseJson(raw).json);
  if (typeof news === 'string') throw invalid({ pointer: '', detail: news });
  if ('ignores' in news) return 'ignored';
  if ('submits' in news) return await acceptHandedOver(door, webhook, news.submits);
  if ('rings' in news) {
    await door.store.bells.ring(news.rings);
    return 'rung';
  }
  const { submissionId, leg, word } = news;
  if (proven.submissionId !== undefined && proven.submissionId !== submissionId) {
    throw new Problem('not-found', 'This URL was given for another submission than the body names');
  }
  const digest = fingerprint(raw);
  const kept = await door.store.webhooks.keep({ submissionId, leg, provider: webhook.provider, digest, word });
  if (kept.type === 'unknown') throw new Problem('not-found', 'We know no such submission');
  const isNew = kept.type === 'kept' || !kept.applied;
  if (isNew) door.corridor.settle({ submissionId, kind: kept.kind, leg, id: kept.id });
  return kept.type;
}

/** The submission a token was made for; nothing for signatures, which prove the sender and not the address. */
async function prove(
  door: Door,
  { provider, proof }: WebhookContract,
  request: FastifyRequest,
  raw: Buffer,
): Promise<{ submissionId?: string }> {
  if (proof.type === 'token') {
    // The route has this parameter, and it is text.
    const { token } = request.params as { token: string };
    const submissionId = proof.submissionOf(await door.store.webhooks.tokenSecret(), token);
    if (submissionId === undefined) throw unproven('The token is not one of ours');
    return { submissionId };
  }
  const settings = door.settings.webhookSettings[provider];
  const setting = proof.setting === 'WEBHOOK_SECRET' ? settings?.secret : settings?.publicKey;
  const header = (name: string): string | undefined => request.raw.headers[name.toLowerCase()]?.toString();
  if (setting === undefined || !proof.verify(raw, header, setting, Date.now()))
    throw unproven('The signature is missing, wrong or stale');
  return {};
}

function unproven(detail: string): Problem {
  return new Problem('unauthenticated', detail, { headers: { 'www-authenticate': 'Webhook realm="countersign"' } });
}

function answer(reply: FastifyReply, { answer: { status, body } }: WebhookContract): FastifyReply {
  reply.code(status);
  return body === undefined ? reply.send() : reply.header('content-type', 'application/json; charset=utf-8').send(body);
}

function schemaOf(webhook: WebhookContract) {
  const { summary, provider } = webhook;
  return documented({
    summary,
    description: `For ${provider} only. Proof: ${webhook.proof.type === 'token' ? 'the unguessable URL' : 'a signature over the raw bytes'}.`,
    tags: ['webhooks in'],
    problems: ['invalid-request', 'unauthenticated', 'not-found', 'payload-too-large'],
  });
}
