import { verifyHmacSha256, verifyStandardWebhook } from '@countersign/outbound';
import { z } from 'zod';
import { BANK } from './words.ts';

const event = z
  .looseObject({
    eventId: z.string().optional(),
    messageType: z.string().optional(),
    messageResponseId: z.string().optional(),
    messageRequestId: z.string().nullish(),
  })
  .meta({ id: 'BankWebhook', examples: [{ eventId: 'E1', messageType: 'PAYMENT', messageResponseId: 'RES0123' }] });

/** LHV's webhook (third-parties.md 2.8): a message is waiting. Its content is not trusted; it makes us fetch now. */
export const bankWebhook = {
  provider: BANK,
  summary: 'The bank tells that a message is waiting',
  proof: {
    type: 'signature' as const,
    setting: 'WEBHOOK_SECRET' as const,
    verify: (raw: Uint8Array, header: (name: string) => string | undefined, secret: string): boolean =>
      verifyHmacSha256(secret, Buffer.from(raw), header('x-lhv-hmac'), 'hex'),
  },
  body: event,
  parse: (value: unknown): { rings: string } | string =>
    event.safeParse(value).success ? { rings: BANK } : 'must be a JSON object, an event of LHV Connect',
  answer: { status: 200 as const },
};

const accepted = z
  .looseObject({ type: z.literal('CheckoutApprovalAccepted'), data: z.record(z.string(), z.unknown()) })
  .meta({ id: 'PaymentControlsEvent', description: '`data` is a payout as `POST /v1/payouts` takes it.' });

/** Payment controls (seed 000): an approved checkout becomes a payout. Signed as Standard Webhooks say. */
export const paymentControlsWebhook = {
  provider: 'payment-controls',
  summary: 'Payment controls hand over a payout that was approved',
  proof: {
    type: 'signature' as const,
    setting: 'WEBHOOK_SECRET' as const,
    verify(raw: Uint8Array, header: (name: string) => string | undefined, secret: string, nowMs: number): boolean {
      const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
      const headers = Object.fromEntries(names.map((name) => [name, header(name)]));
      // Several secrets, comma-separated, while one is being changed.
      const secrets = secret.split(',').map((one) => one.trim());
      return verifyStandardWebhook({ headers, rawBody: Buffer.from(raw), secrets, nowMs }) === 'valid';
    },
  },
  body: accepted,
  parse(value: unknown): { submits: unknown } | string {
    const read = accepted.safeParse(value);
    if (read.success) return { submits: read.data.data };
    return read.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`).join('; ');
  },
  answer: { status: 202 as const },
};
