import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { BadRequest, header } from '../http.ts';
import type { Call } from '../party.ts';

/** One callback as it arrived. */
export interface Callback {
  /** 1 for the first callback since the start or reset. */
  readonly order: number;
  readonly at: string;
  readonly path: string;
  readonly webhookId: string | null;
  /** How often this webhook-id has come, this time included. */
  readonly delivery: number;
  readonly type: string | null;
  readonly id: string | null;
  readonly submissionId: string | null;
  readonly version: number | null;
  readonly status: string | null;
  readonly bodySha256: string | null;
  /** By the official library against the secrets given; null: not looked at (recording `counts`). */
  readonly verified: boolean | null;
  /** Why it is not verified. */
  readonly problem: string | null;
  readonly traceparent: string | null;
  /** What we answered: an HTTP status, `silence`, `reset` or `huge`. */
  readonly answered: string;
}

/** What of a callback's body is written down; everything else may be anything. */
const bodySchema = z.object({
  type: z.string(),
  data: z.object({
    id: z.string().optional(),
    submissionId: z.string().optional(),
    version: z.number().optional(),
    status: z.string().optional(),
  }),
});

type Read = Pick<Callback, 'type' | 'id' | 'submissionId' | 'version' | 'status'>;

/** The callback's facts; all null when the body is not a callback. */
export function readCallback(body: Buffer): Read {
  const nothing: Read = { type: null, id: null, submissionId: null, version: null, status: null };
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return nothing;
  }
  const judged = bodySchema.safeParse(value);
  if (!judged.success) return nothing;
  const { type, data } = judged.data;
  const { id = null, submissionId = null, version = null, status = null } = data;
  return { type, id, submissionId, version, status };
}

export function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

/** Checks signatures with the official Standard Webhooks library. */
export interface Verifier {
  /** Throws BadRequest when it is no `whsec_` Base64 secret. */
  add(secret: string): void;
  count(): number;
  clear(): void;
  /** null: good; else why not. */
  check(call: Call, body: Buffer): string | null;
}

export function createVerifier(secrets: readonly string[]): Verifier {
  const webhooks = new Map<string, Webhook>();
  const add = (secret: string): void => {
    try {
      webhooks.set(secret, new Webhook(secret));
    } catch {
      throw new BadRequest('the secret is not "whsec_" and Base64');
    }
  };
  secrets.forEach(add);
  return {
    add,
    count: () => webhooks.size,
    clear: () => webhooks.clear(),
    check({ request }, body) {
      if (webhooks.size === 0) return 'no secret was given: POST /_sim/client/secrets { secret }';
      const headers: Record<string, string> = {};
      for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
        headers[name] = header(request, name) ?? '';
      }
      let problem: string | null = null;
      for (const webhook of webhooks.values()) {
        try {
          webhook.verify(body, headers);
          return null;
        } catch (error) {
          problem = error instanceof Error ? error.message : String(error);
        }
      }
      return problem;
    },
  };
}
