import { booksOf, createDesk, type DeskOptions } from '../desk/desk.ts';
import type { DeskBooks } from '../desk/books.ts';
import type { Life } from '../desk/life.ts';
import { give } from '../desk/play.ts';
import { watch } from '../desk/watch.ts';
import { givenPair, keyPair } from '../key-pair.ts';
import type { Call, Ground, Party } from '../party.ts';
import { controlRamp } from './control.ts';
import { rampFates } from './fates.ts';
import { createKeys } from './idempotency.ts';
import { refusal, type Office } from './office.ts';
import { createQuotes } from './quotes.ts';
import { cancel, listTransfers, lookAtTransfer, postQuote, postTransfer } from './routes.ts';
import type { Kept } from './transfer.ts';

/** How a ramp differs from its profile. */
export interface RampOptions extends DeskOptions {
  /** Default `<name>-api-key`. */
  readonly apiKey?: string;
  /** Default `{productUrl}/webhooks/<name>`. */
  readonly webhookUrl?: string;
  /** What it signs its webhooks with, as PEM; else a key of its own making. */
  readonly privateKey?: string;
}

/** 1 % in, 1.5 % out, as at seed 004. */
const feePermille = { 'on-ramp': 10, 'off-ramp': 15 };
const traits = ['id', 'key', 'leg', 'amount', 'currency', 'to'];

/** An on-ramp or off-ramp in Bridge's shape (third-parties.md 6.1, 6.3). */
export function openRamp(name: 'on-ramp' | 'off-ramp') {
  return (ground: Ground, options: RampOptions = {}): Party & { books: DeskBooks<Kept> } => {
    const params = { settleMs: 300, longMs: 5_000 };
    const desk = createDesk<Kept, Life>(
      ground,
      { name, fates: rampFates, ordinary: 'processed', traits, params },
      options,
    );
    const base = ground.productUrl;
    const webhookUrl = options.webhookUrl ?? (base === null ? null : `${base}/webhooks/${name}`);
    const office: Office = {
      desk,
      keys: createKeys(ground.timers),
      quotes: createQuotes(ground.timers, feePermille[name]),
      apiKey: options.apiKey ?? `${name}-api-key`,
      transfers: new Map(),
      pair: once(() =>
        options.privateKey === undefined ? keyPair(ground.keysDir, 'ramps') : givenPair(options.privateKey),
      ),
      webhookUrl,
      sequence: 0,
    };
    const publicPem = (): string => office.pair().publicPem;
    return {
      books: booksOf(desk),
      handle: (call) => handle(office, call),
      control: (call) => controlRamp(office, call, publicPem),
      reset() {
        desk.reset();
        office.keys.clear();
        office.quotes.clear();
        office.transfers.clear();
        Object.assign(office, { webhookUrl, sequence: 0 });
      },
      settings: () => ({ API_KEY: office.apiKey, WEBHOOK_PUBLIC_KEY: publicPem() }),
      close: () => desk.postman.close(),
    };
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

const onePath = /^\/v0\/transfers\/([^/]+)$/;

function handle(office: Office, call: Call): void | Promise<void> {
  const asked = `${call.method} ${call.path}`;
  if (asked === 'POST /v0/transfers') return postTransfer(office, call);
  if (asked === 'GET /v0/transfers') return listTransfers(office, call);
  if (asked === 'POST /v0/quotes') return postQuote(office, call);
  const id = onePath.exec(call.path)?.[1];
  if (call.method === 'GET' && id !== undefined) return lookAtTransfer(office, call, decodeURIComponent(id));
  if (call.method === 'DELETE' && id !== undefined) return cancel(office, call, decodeURIComponent(id));
  give(call, watch(call, office.desk.books, null, 'unknown'), refusal(404, 'not_found', `there is no ${asked}`));
}
