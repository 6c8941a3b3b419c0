import { createHmac, randomUUID } from 'node:crypto';
import { noteWebhook, type Page } from '../desk/books.ts';
import type { Chooser } from '../desk/choose.ts';
import type { Desk } from '../desk/desk.ts';
import type { Reply } from '../desk/play.ts';
import type { FileLife } from './file-fates.ts';
import type { Payouts } from './payouts.ts';
import type { Message, NewMessage, Queue } from './queue.ts';
import { errors } from './report.ts';

/** What the bank keeps of one MsgId. */
export interface KeptFile {
  /** By SHA-256 of the bytes: how often they came. More than one hash is a MsgId used for two files. */
  readonly hashes: Record<string, number>;
  /** The X-Idempotency-Key header's values, each once. */
  readonly keys: string[];
  /** The first file was taken for processing. */
  taken: boolean;
  readonly requestIds: string[];
}

/** Set by `POST /_sim/bank/settings`. Times are scaled. */
export interface BankSettings {
  /** How a MsgId that was used is answered: a group rejection with this reason, or not at all. */
  duplicates: 'DU01' | 'AM05' | 'silent';
  /** From the 202 to the first report. */
  reportMs: number;
  /** Between the first and the later reports. */
  settleMs: number;
  /** From the last report to the camt.054. */
  noticeMs: number;
  /** From `GET /heartbeat/mq` to its message; null: it never comes. */
  heartbeatMs: number | null;
  /** Messages of this size are compressed, or 500 when the request does not allow it. */
  gzipFromBytes: number;
}

/** The customer: whose money it is. */
export const debtor = { DEBTOR_NAME: 'Countersign Test', DEBTOR_IBAN: 'EE367700771000000001', DEBTOR_BIC: 'LHVBEE22' };

/** What the bank's routes work with. */
export interface Office {
  readonly desk: Desk<KeptFile, FileLife>;
  readonly payoutChooser: Chooser;
  readonly payouts: Payouts;
  readonly queue: Queue;
  readonly secret: string;
  settings: BankSettings;
  webhookUrl: string | null;
  payoutOrdinal: number;
}

/** LHV's error answer. */
export const refusal = (status: number, code: string): Reply => {
  return {
    status,
    body: errors(code.toUpperCase(), code),
    headers: { 'content-type': 'application/xml', 'x-bank-code': 'LHVEE' },
  };
};

/** Repeated three times, third-parties.md 2.8; the spacing is ours. */
const retryMs = [1_000, 10_000, 60_000];

/** Puts a message into the queue and tells the customer by webhook. `page`: where the webhook is noted. */
export function post(office: Office, message: NewMessage, page: Page<KeptFile> | null): void {
  const posted = office.queue.add(message);
  const { quirk } = posted;
  if (office.webhookUrl === null || quirk === 'webhook-missing') return;
  for (let n = 0; n < (quirk === 'webhook-twice' ? 2 : 1); n++) tell(office, office.webhookUrl, posted, page);
}

function tell({ desk, secret }: Office, url: string, message: Message, page: Page<KeptFile> | null): void {
  const { responseId, requestId, type, createdAt, quirk } = message;
  const body = JSON.stringify({
    eventId: randomUUID(),
    eventTimestamp: new Date().toISOString(),
    subscriptionReference: 'SUB-1',
    messageResponseId: responseId,
    messageRequestId: requestId,
    messageType: type,
    messageCreatedTime: createdAt,
    regCode: '10000000',
    regCodeIssuer: 'EE',
    bankCode: 'LHVEE',
  });
  const forged = quirk === 'webhook-forged';
  const hmac = createHmac('sha256', forged ? `not ${secret}` : secret)
    .update(body)
    .digest('hex');
  void desk.postman.deliver({
    url,
    body,
    headers: () => ({ 'x-lhv-hmac': hmac }),
    retryMs: forged ? [] : retryMs,
    tried: (outcome, attempt) =>
      noteWebhook(desk.books, page, { says: type, signed: forged ? 'forged' : true, attempt, outcome }),
  });
}
