import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Word } from '@countersign/flow';
import { verifyTimestampedRsa } from '@countersign/outbound';
import { z } from 'zod';
import { RAMP_LEGS, readReference, readTransfer, type RampName } from './transfer.ts';
import { rampWord } from './words.ts';

const body = z
  .looseObject({
    event_category: z.string().optional(),
    event_object_status: z.string().nullish(),
    event_object: z.looseObject({ id: z.string().min(1), client_reference_id: z.string().nullish() }),
  })
  .meta({
    id: 'RampWebhook',
    examples: [
      {
        api_version: 'v0',
        event_id: 'wh_1',
        event_category: 'transfer',
        event_type: 'transfer.updated.status_transitioned',
        event_object_status: 'payment_processed',
        event_object: {
          id: 'transfer_1',
          client_reference_id: '0199a1b2-0000-7000-8000-000000000000:on',
          state: 'payment_processed',
          amount: '100.00',
        },
      },
    ],
  });

/** What a ramp posts to `/webhooks/{on-ramp|off-ramp}`: RSA over `t.body`, at most 10 minutes old. */
export function rampWebhook<Name extends RampName>(provider: Name) {
  return {
    provider,
    summary: `The ${provider} tells how a transfer stands`,
    proof: { type: 'signature' as const, setting: 'WEBHOOK_PUBLIC_KEY' as const, verify },
    body,
    parse: (value: unknown) => parse(provider, value),
    answer: { status: 200 as const, body: '{"ok":true}' },
  };
}

export const onRampWebhook = rampWebhook('on-ramp');
export const offRampWebhook = rampWebhook('off-ramp');

function verify(raw: Uint8Array, header: (name: string) => string | undefined, pem: string, nowMs: number): boolean {
  const signature = { header: header('x-webhook-signature'), nowMs, rawBody: Buffer.from(raw) };
  return verifyTimestampedRsa({ ...signature, publicKey: keyOf(pem) }) === 'valid';
}

const keys = new Map<string, KeyObject>();

/** Made once per key. An environment's line may hold the line ends as `\n`. @throws Error for what is no PEM: a wrong setting is loud. */
function keyOf(pem: string): KeyObject {
  const known = keys.get(pem) ?? createPublicKey(pem.replaceAll('\\n', '\n'));
  keys.set(pem, known);
  return known;
}

/** A submission nobody has: what it names is none of ours. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

function parse(
  provider: RampName,
  value: unknown,
): { submissionId: string; leg: string; word: Word } | { ignores: string } | string {
  const foreign = foreignCategory(value);
  if (foreign !== undefined) return { ignores: foreign };
  const event = body.safeParse(value);
  if (!event.success) return event.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`).join('; ');
  const { event_object, event_object_status } = event.data;
  // The status is that of the event; the object may have moved on since.
  const transfer = readTransfer({ ...event_object, ...(event_object_status ? { state: event_object_status } : {}) });
  if (!transfer) return '/event_object/state: must be the state of the transfer';
  const about = readReference(transfer.clientReferenceId);
  // One ramp speaks of its own legs only.
  if (!about || RAMP_LEGS[about.leg] !== provider) return { submissionId: NOBODY, leg: '-', word: { type: 'pending' } };
  return { ...about, word: rampWord(about.leg, transfer) };
}

/** They tell of customers and accounts by the same address; those events carry no reference of ours. */
function foreignCategory(value: unknown): string | undefined {
  const event = z
    .looseObject({
      event_category: z.string(),
      event_object: z.looseObject({ client_reference_id: z.unknown().optional() }).optional(),
    })
    .safeParse(value);
  const isForeign = event.success && event.data.event_category !== 'transfer';
  return isForeign && !readReference(event.data.event_object?.client_reference_id)
    ? event.data.event_category
    : undefined;
}
