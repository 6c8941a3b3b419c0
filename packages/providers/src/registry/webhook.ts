import type { Word } from '@countersign/flow';
import { z } from 'zod';
import { readWebhookToken } from '../webhook-token.ts';
import { REGISTRY, registryWord } from './words.ts';

const body = z
  .object({
    id: z.string({ error: 'must be the id the registry was given' }).min(1),
    status: z.enum(['pending', 'completed', 'declined'], { error: 'must be one of pending, completed, declined' }),
  })
  .meta({ id: 'RegistryWebhook', examples: [{ id: '0199a1b2-0000-7000-8000-000000000000', status: 'completed' }] });

/** What the registry posts to `/webhooks/registry/{token}`. It cannot sign: the token in the URL is its proof. Shared by all kinds it keeps books for. */
export const registryWebhook = {
  provider: REGISTRY,
  summary: 'The registry tells how a transaction stands',
  proof: {
    type: 'token' as const,
    submissionOf: (secret: Uint8Array, token: string) => readWebhookToken(secret, REGISTRY, token),
  },
  body,
  parse: (value: unknown): { submissionId: string; leg: string; word: Word } | string => {
    const event = body.safeParse(value);
    if (!event.success)
      return event.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`).join('; ');
    return { submissionId: event.data.id, leg: REGISTRY, word: registryWord(event.data.status, event.data.id) };
  },
  answer: { status: 204 as const },
};
