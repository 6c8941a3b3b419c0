import { nameOf, type Submission } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import { parseTraceparent } from '@countersign/process';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { clientOf } from '../auth/principal.ts';
import type { Door } from '../door.ts';
import { judge } from '../intake/accept.ts';
import { refuseUnserved } from '../intake/surroundings.ts';
import { factsOnOffer } from '../intake/on-offer.ts';
import { duplicate, keyComesFirst } from '../intake/key-first.ts';
import { principalOf, type MayOnly } from '../plugins/auth.ts';
import { refuseOtherThanJson } from '../plugins/security.ts';
import { Problem } from '../problem.ts';
import { addRawBodies } from '../intake/raw-body.ts';
import { freshResource, locationOf, resourceOf, sendJson } from './resource.ts';
import { REQUIRED } from './docs-transform.ts';
import { documented, resourceSchema } from './schemas.ts';

/** Four times the largest honest transaction (50 metadata values of 1 kB), far from what parsing would hurt. */
const BODY_LIMIT = 256 * 1024;

/** `POST /v1/<kind>` of every kind: nothing is said before it is committed (contract section 3.1). */
export function addSubmit(app: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  const name = 'countersign_submissions_accepted_total';
  const accepted = door.metrics.counter(name, 'Submissions committed, by kind', ['kind'] as const);
  for (const contract of door.contracts)
    addOne(app, door, contract, { mayOnly, onMade: () => accepted.inc({ kind: contract.kind }) });
}

interface Hands {
  readonly mayOnly: MayOnly;
  /** A new submission was committed. */
  readonly onMade: () => void;
}

function addOne(app: FastifyInstance, door: Door, contract: KindContract, { mayOnly, onMade }: Hands): void {
  void app.register((scope, _options, done) => {
    if (contract.intake.type === 'raw') addRawBodies(scope, contract.intake.contentTypes);
    scope.post(
      `/v1/${contract.path}`,
      {
        schema: schemaOf(contract),
        bodyLimit: contract.intake.bodyLimit ?? BODY_LIMIT,
        onRequest: mayOnly('write'),
        config: { accepts: contract.kind },
        // Sent on from here, an error reaches the handler of all routes.
        errorHandler: (error, request, reply) => {
          void keyComesFirst(door, contract, request, error).then((first) => reply.send(first ?? error));
        },
      },
      async (request, reply) => {
        const made = await submit(door, contract, request, reply);
        if (made) onMade();
        return reply;
      },
    );
    done();
  });
}

/** Returns whether a new submission was made. */
async function submit(
  door: Door,
  contract: KindContract,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const client = clientOf(principalOf(request));
  const { headers } = request.raw;
  refuseOtherThanJson(headers.accept);
  refuseUnserved(contract, request.body, door.settings);
  const judged = judge(contract, incomingOf(contract, request), { allowPrivate: door.settings.allowPrivateCallbacks });
  const facts = await factsOnOffer(door, contract, client.id, request.body);
  const traceparent = traceOf(headers['traceparent']?.toString(), judged.id);
  const place = door.corridor.placeFor(client.id);
  const draft = { ...judged, ...(facts ? { facts } : {}), clientId: client.id, traceparent, queued: place !== 'later' };
  const result = await door.store.intake.accept(draft);
  if (result.type === 'created') {
    door.corridor.enter({ id: draft.id, kind: draft.kind, clientId: client.id, traceparent }, place);
    const identity = { id: draft.id, kind: draft.kind, naturalId: draft.naturalId, createdAt: result.createdAt };
    answer(reply, contract, identity, freshResource(contract, identity, draft));
    return true;
  }
  const { submission } = result;
  if (result.type === 'replayed' && contract.onReplay === 'same') {
    reply.header('idempotency-replayed', 'true');
    answer(reply, contract, submission, resourceOf(contract, submission, result.body));
    return false;
  }
  if (result.type === 'reused' && contract.onReuse === 422) {
    const location = locationOf(contract, submission);
    const detail = `${nameOf(submission)} was accepted before with another body; see ${location}. Send new work under a new id`;
    throw new Problem('idempotency-key-reuse', detail, { headers: { location } });
  }
  throw duplicate(contract, submission);
}

/** Goes on with the caller's trace, or starts one; our span is named by the submission's id, which is random enough. */
function traceOf(header: string | undefined, id: string): string {
  const parent = parseTraceparent(header);
  const hex = id.replaceAll('-', '');
  return `00-${parent?.traceId ?? hex}-${hex.slice(16)}-${parent?.flags ?? '01'}`;
}

function incomingOf(contract: KindContract, request: FastifyRequest) {
  const { headers } = request.raw;
  const isJson = contract.intake.type === 'json';
  return {
    body: request.body,
    text: request.sent?.text ?? '',
    json: request.sent?.json,
    contentType: isJson ? 'application/json' : (headers['content-type'] ?? ''),
    header: (name: string) => headers[name]?.toString(),
  };
}

function answer(
  reply: FastifyReply,
  contract: KindContract,
  submission: Pick<Submission, 'id' | 'naturalId'>,
  text: string,
): void {
  reply.code(contract.acceptedStatus).header('location', locationOf(contract, submission));
  sendJson(reply, text);
}

/** Judged by the kind itself, since 400 here would come before 409 for a used key: optional to zod, told as they are. */
function headersOf(intake: KindContract['intake']): { headers?: z.ZodObject } {
  const said = (description: string, required = false) =>
    z
      .string()
      .optional()
      .meta({ description, ...(required ? { [REQUIRED]: true } : {}) });
  const key =
    intake.key.from === 'body'
      ? {}
      : {
          'idempotency-key':
            intake.key.from === 'header'
              ? said(`${intake.key.expected}. May be used once.`, true)
              : said(`${intake.key.expected}. Absent: the SHA-256 of the body's bytes.`),
        };
  const more =
    intake.type === 'json'
      ? {}
      : {
          'callback-url': said("Where this submission's callbacks go. Absent: the client's default."),
          ...Object.fromEntries(Object.entries(intake.headers ?? {}).map(([name, words]) => [name, said(words)])),
        };
  const headers = { ...key, ...more };
  return Object.keys(headers).length === 0 ? {} : { headers: z.object(headers) };
}

function schemaOf(contract: KindContract) {
  const { intake } = contract;
  return documented({
    summary: contract.summary,
    tags: [contract.path],
    description:
      'Answered as soon as it is durably committed. Keys are kept for ever: the same key with the same body is the same submission.',
    ...(intake.type === 'json' ? { body: intake.body } : { consumes: [...intake.contentTypes] }),
    ...headersOf(intake),
    response: { [contract.acceptedStatus]: resourceSchema(contract) },
    problems: [
      'invalid-request',
      contract.onReuse === 422 ? 'idempotency-key-reuse' : 'duplicate-request',
      'payload-too-large',
      'unsupported-media-type',
    ],
    scope: 'write',
  });
}
