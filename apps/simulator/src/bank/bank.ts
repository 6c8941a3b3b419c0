import type { DeskBooks } from '../desk/books.ts';
import { createChooser } from '../desk/choose.ts';
import { booksOf, createDesk, type DeskOptions } from '../desk/desk.ts';
import { BadRequest } from '../http.ts';
import type { Call, Ground, Party } from '../party.ts';
import { controlBank } from './control.ts';
import { fileFates, type FileLife } from './file-fates.ts';
import { serveMessages } from './messages.ts';
import { debtor, type BankSettings, type KeptFile, type Office } from './office.ts';
import { payoutFates } from './payout-fates.ts';
import { postPayment } from './payment.ts';
import { createPayouts, type Payouts } from './payouts.ts';
import { createQueue, type Queue } from './queue.ts';
import { openTls, type TlsDoor } from './tls.ts';

/** How the bank begins. */
export interface BankOptions extends DeskOptions, Partial<BankSettings> {
  /** Signs its webhooks. Default `bank-webhook-secret`. */
  readonly webhookSecret?: string;
  /** Default `{productUrl}/webhooks/bank`. */
  readonly webhookUrl?: string;
  /** Also listens with mutual TLS, on this port (0: any free one). Default: not. */
  readonly tlsPort?: number;
}

/** The bank's books: files by MsgId, payouts by EndToEndId, messages not yet deleted. */
export interface BankBooks extends DeskBooks<KeptFile> {
  readonly payouts: Pick<Payouts, 'find' | 'all' | 'counts'>;
  readonly messages: Pick<Queue, 'waiting'>;
}

const usual: BankSettings = {
  duplicates: 'DU01',
  reportMs: 300,
  settleMs: 700,
  noticeMs: 300,
  heartbeatMs: 300,
  gzipFromBytes: 10 * 1024 * 1024,
};

/** LHV Connect (third-parties.md 2 and 3), with the faults of its section 8. */
export function openBank(ground: Ground, options: BankOptions = {}): Party & { books: BankBooks } {
  const office = createOffice(ground, options);
  const { desk } = office;
  const { webhookUrl, settings } = office;
  let door: TlsDoor | null = null;
  return {
    books: { ...booksOf(desk), payouts: office.payouts, messages: office.queue },
    handle: (call) => handle(office, call),
    control: (call) => controlBank(office, call),
    reset() {
      desk.reset();
      office.payoutChooser.reset();
      office.payouts.clear();
      office.queue.clear();
      Object.assign(office, { webhookUrl, settings, payoutOrdinal: 0 });
    },
    settings: () => ({ WEBHOOK_SECRET: office.secret, ...debtor, ...door?.settings }),
    async open() {
      if (options.tlsPort !== undefined) door = await openTls(ground, options.tlsPort, (call) => handle(office, call));
    },
    async close() {
      await door?.close();
      await desk.postman.close();
    },
  };
}

function createOffice(ground: Ground, options: BankOptions): Office {
  const { webhookSecret, webhookUrl, tlsPort: _, ...rest } = options;
  const { duplicates, reportMs, settleMs, noticeMs, heartbeatMs, gzipFromBytes } = { ...usual, ...rest };
  const { magicAmounts, profile, productUrl } = ground;
  const traits = {
    name: 'bank',
    fates: fileFates,
    ordinary: 'served',
    traits: ['id'],
    params: { bytes: 11 * 1024 * 1024 },
  };
  const payoutTraits = ['id', 'amount', 'currency', 'iban', 'name'];
  return {
    desk: createDesk<KeptFile, FileLife>(ground, traits, options),
    payoutChooser: createChooser({
      fates: payoutFates,
      ordinary: 'settled',
      traits: payoutTraits,
      magicAmounts,
      profile,
    }),
    payouts: createPayouts(ground.record),
    queue: createQueue(ground.timers),
    secret: webhookSecret ?? 'bank-webhook-secret',
    settings: { duplicates, reportMs, settleMs, noticeMs, heartbeatMs, gzipFromBytes },
    webhookUrl: webhookUrl ?? (productUrl === null ? null : `${productUrl}/webhooks/bank`),
    payoutOrdinal: 0,
  };
}

async function handle(office: Office, call: Call): Promise<void> {
  if (call.method === 'POST' && call.path === '/payment') return await postPayment(office, call);
  if (await serveMessages(office, call)) return;
  const has = 'it has POST /payment, GET /heartbeat, GET /heartbeat/mq and /messages/...';
  throw new BadRequest(`the bank has no ${call.method} ${call.path}; ${has}`, [], 404);
}
