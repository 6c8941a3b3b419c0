import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createCaller, openLimits, type Call, type DestinationTls } from '@countersign/outbound';
import { newTraceparent, type Closers, type Log, type Metrics, type ProviderSettings } from '@countersign/process';
import { BANK, createBankCalls } from '@countersign/providers';
import type { Producer } from '@countersign/queue';
import type { Store } from '@countersign/store';
import { createWay } from '../way-out.ts';
import { addPayoutGauges } from './gauges.ts';
import { openPayouts } from './payouts.ts';
import { payoutSettings, type PayoutNumbers } from './settings.ts';

interface Doors {
  readonly own: PayoutNumbers & { readonly REDIS_URL: string };
  /** The bank's; undefined where this worker is given none. */
  readonly bank: ProviderSettings | undefined;
  readonly store: Store;
  readonly producer: Pick<Producer, 'remind' | 'ping'>;
  readonly log: Log;
  readonly closers: Closers;
  readonly metrics: Metrics;
}

const USER_AGENT = 'countersign/0.1.0';
/** A file in flight is finished within this: its calls have the lease's time, and retries end when we close. */
const CLOSE_WITHIN_MS = 12_000;

/** Opens the payouts' loops where the bank has an address; without one, payouts wait in their queue. */
export async function openPayoutRooms({ own, bank, store, producer, log, closers, metrics }: Doors): Promise<void> {
  if (bank?.url === undefined) return;
  const { url, timeoutMs, concurrency, ratePerSecond, poll, debtor } = bank;
  const tls = tlsOf(bank);
  const caller = await closers.open(
    'bank calls',
    () =>
      createCaller({
        userAgent: USER_AGENT,
        allowPrivate: true,
        ...(tls ? { tls: { [new URL(url).origin]: tls } } : {}),
      }),
    (opened) => opened.destroy(),
  );
  const limits = await closers.open(
    'bank limits',
    () => openLimits({ redisUrl: own.REDIS_URL, prefix: 'countersign-limits' }),
    (opened) => opened.close(),
  );
  const way = createWay(limits, caller);
  const wanted = {
    url,
    timeoutMs,
    retry: bank.retry,
    poll,
    concurrency,
    ...(ratePerSecond === null ? {} : { ratePerSecond }),
  };
  const call: Call = async (request) => {
    const result = await way(wanted, BANK, { traceparent: newTraceparent(), ...request });
    if (result.type !== 'busy') return result;
    const message = `not called: the bank bears no more calls for ${Math.round(result.forMs)} ms`;
    return { type: 'no-answer', reason: 'aborted', sent: 'no', message, durationMs: 0 };
  };
  const certificate = tls?.cert === undefined ? undefined : new X509Certificate(tls.cert);
  const rooms = await closers.open(
    'payouts',
    () =>
      openPayouts(
        {
          store,
          bank: createBankCalls({ url, timeoutMs }, call),
          debtor: {
            name: debtor.name ?? '',
            iban: debtor.iban ?? '',
            ...(debtor.bic === undefined ? {} : { bic: debtor.bic }),
          },
          settings: payoutSettings(own, poll.maxAgeMs),
          log,
          remind: (tickets) => producer.remind(tickets),
        },
        {
          configuration: async () => assertDebtor(debtor),
          postgres: () => store.ping(),
          redis: () => producer.ping(),
          ...(certificate ? { certificate: async () => assertValid(certificate, Date.now()) } : {}),
        },
      ),
    (opened) => opened.close(),
    CLOSE_WITHIN_MS,
  );
  addPayoutGauges(metrics, { store, rooms, certificate });
}

function tlsOf({ clientCert, clientKey }: ProviderSettings): DestinationTls | undefined {
  if (clientCert === undefined || clientKey === undefined) return undefined;
  return { cert: readFileSync(clientCert), key: readFileSync(clientKey) };
}

function assertDebtor({ name, iban }: ProviderSettings['debtor']): void {
  const missing = [
    ...(name === undefined ? ['PROVIDER_BANK_DEBTOR_NAME'] : []),
    ...(iban === undefined ? ['PROVIDER_BANK_DEBTOR_IBAN'] : []),
  ];
  if (missing.length > 0) throw new Error(`${missing.join(' and ')} must be given: whose account pays`);
}

/** The bank answers 403 to an expired certificate; better not to ask. */
export function assertValid(certificate: Pick<X509Certificate, 'validFrom' | 'validTo'>, nowMs: number): void {
  if (nowMs >= Date.parse(certificate.validTo))
    throw new Error(`the client certificate ended on ${certificate.validTo}`);
  if (nowMs < Date.parse(certificate.validFrom))
    throw new Error(`the client certificate begins on ${certificate.validFrom}`);
}
