import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createCaller, openLimits, type Call, type DestinationTls } from '@countersign/outbound';
import { newTraceparent, type Closers, type ProviderSettings } from '@countersign/process';
import { BANK, createBankCalls, type BankCalls } from '@countersign/providers';
import { createWay } from '../way-out.ts';

export interface BankWay {
  readonly calls: BankCalls;
  /** Ours, where the bank is reached by mutual TLS. */
  readonly certificate: X509Certificate | undefined;
}

const USER_AGENT = 'countersign/0.1.0';

/** The way to the bank: our certificate, the limits all replicas share, a trace for every call. */
export async function openBankWay(
  bank: ProviderSettings & { readonly url: string },
  redisUrl: string,
  closers: Closers,
): Promise<BankWay> {
  const { url, timeoutMs, concurrency, ratePerSecond, poll, retry } = bank;
  const tls = tlsOf(bank);
  const trust = tls ? { tls: { [new URL(url).origin]: tls } } : {};
  const caller = await closers.open(
    'bank calls',
    () => createCaller({ userAgent: USER_AGENT, allowPrivate: true, ...trust }),
    (opened) => opened.destroy(),
  );
  const limits = await closers.open(
    'bank limits',
    () => openLimits({ redisUrl, prefix: 'countersign-limits' }),
    (opened) => opened.close(),
  );
  const way = createWay(limits, caller);
  const wanted = { url, timeoutMs, retry, poll, concurrency, ...(ratePerSecond === null ? {} : { ratePerSecond }) };
  const call: Call = async (request) => {
    const result = await way(wanted, BANK, { traceparent: newTraceparent(), ...request });
    if (result.type !== 'busy') return result;
    const message = `not called: the bank bears no more calls for ${Math.round(result.forMs)} ms`;
    return { type: 'no-answer', reason: 'aborted', sent: 'no', message, durationMs: 0 };
  };
  return {
    calls: createBankCalls({ url, timeoutMs }, call),
    certificate: tls?.cert === undefined ? undefined : new X509Certificate(tls.cert),
  };
}

/** @throws Error naming the file that cannot be read. */
function tlsOf({ clientCert, clientKey, caCert }: ProviderSettings): DestinationTls | undefined {
  if (clientCert === undefined && clientKey === undefined && caCert === undefined) return undefined;
  return {
    ...(clientCert === undefined ? {} : { cert: readFileSync(clientCert) }),
    ...(clientKey === undefined ? {} : { key: readFileSync(clientKey) }),
    ...(caCert === undefined ? {} : { ca: readFileSync(caCert) }),
  };
}

/** The bank answers 403 to an expired certificate; better not to ask. */
export function assertValid(certificate: Pick<X509Certificate, 'validFrom' | 'validTo'>, nowMs: number): void {
  if (nowMs >= Date.parse(certificate.validTo))
    throw new Error(`the client certificate ended on ${certificate.validTo}`);
  if (nowMs < Date.parse(certificate.validFrom))
    throw new Error(`the client certificate begins on ${certificate.validFrom}`);
}
