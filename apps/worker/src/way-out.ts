import type { Letterbox } from '@countersign/flow';
import {
  isPermit,
  signatureHeaders,
  type AcquireRules,
  type Caller,
  type Limits,
  type OutboundRequest,
  type OutboundResult,
} from '@countersign/outbound';
import type { Way } from '@countersign/providers';
import type { Outside } from '@countersign/steps';
import { childTraceparent, type CallbackLimits } from '@countersign/process';

type Busy = { readonly type: 'busy'; readonly forMs: number };

/** A short wait for a place is cheaper than parking the job (110 µs and 50 ms of lateness); a long one holds a slot for nothing. */
const PATIENCE_MS = 200;

/** The way to a third party: its limits over all replicas, then the call; their Retry-After stops everybody's calls. */
export function createWay(limits: Limits, caller: Caller, outside: Outside = (wait) => wait()): Way {
  return async (settings, name, request) => {
    const rules = { concurrency: settings.concurrency, ratePerSecond: settings.ratePerSecond, patienceMs: PATIENCE_MS };
    return await outside(() => limited(limits, name, rules, caller, () => request));
  };
}

export function createLetterbox(limits: Limits, caller: Caller, bears: CallbackLimits, outside: Outside): Letterbox {
  const { timeoutMs, concurrency, ratePerSecond } = bears;
  const rules = { concurrency, patienceMs: PATIENCE_MS, ...(ratePerSecond === null ? {} : { ratePerSecond }) };
  return {
    async post({ id, url, secrets, clientId }, body, { traceparent, signal, isStillDue }) {
      const request = (): OutboundRequest => {
        // Signed as late as possible: receivers refuse what is older than five minutes.
        const timestampSec = Math.floor(Date.now() / 1000);
        const headers = signatureHeaders({ id, timestampSec, body, secrets });
        const trace = childTraceparent(traceparent);
        return { method: 'POST', url, headers, body, timeoutMs, traceparent: trace, signal, isStillDue };
      };
      const destination = `callback ${clientId} ${originOf(url)}`;
      const result = await outside(() => limited(limits, destination, rules, caller, request));
      if (result.type === 'busy') return { ...result, durationMs: 0 };
      const { durationMs } = result;
      if (result.type === 'no-answer')
        return { type: 'failed', durationMs, error: `${result.reason}: ${result.message}` };
      const { statusCode, retryAfterMs } = result;
      const type = statusCode >= 200 && statusCode < 300 ? 'delivered' : statusCode === 410 ? 'gone' : 'failed';
      return { type, statusCode, durationMs, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    },
  };
}

async function limited(
  limits: Limits,
  destination: string,
  rules: AcquireRules,
  caller: Caller,
  request: () => OutboundRequest,
): Promise<OutboundResult | Busy> {
  const given = await limits.acquire(destination, rules);
  if (!isPermit(given)) return { type: 'busy', forMs: given.busyForMs };
  let result: OutboundResult | undefined;
  try {
    result = await caller.call(request());
    if (result.type === 'answer' && result.retryAfterMs !== undefined && isOverloaded(result.statusCode)) {
      limits.pause(destination, result.retryAfterMs);
    }
    return result;
  } finally {
    given.release(result && (isSilent(result) ? 'silent' : 'answered'));
  }
}

function isOverloaded(statusCode: number): boolean {
  return statusCode === 429 || statusCode === 503;
}

function isSilent(result: OutboundResult): boolean {
  return result.type === 'no-answer' && result.reason !== 'aborted' && result.reason !== 'blocked';
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
