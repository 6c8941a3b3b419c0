import type { Attempt, Ledger, Op, Reading } from '../ledger.ts';
import { objectIn, type Answer, type Caller } from '../stage/http.ts';
import { bodyOf } from './plan.ts';

/** Makes requests and writes each into the ledger. */
export interface Desk {
  readonly callers: readonly Caller[];
  /** POSTs an op once. */
  post(op: Op, caller: Caller, which?: 'own' | 'other'): Promise<Attempt>;
  /** POSTs until it is answered with a 2xx or a definite refusal, or `untilMs` has come. */
  postUntilTaken(op: Op, untilMs: number, pauseMs?: number): Promise<Attempt | undefined>;
  read(op: Op, caller: Caller, why: Reading['why'], as?: string): Promise<Reading>;
}

const keyOf = (keys: ReadonlyMap<string, string>, client: string): string => keys.get(client) ?? '';

export function openDesk(ledger: Ledger, callers: readonly Caller[], keys: ReadonlyMap<string, string>, sinkUrl: string): Desk {
  let turn = 0;
  const post: Desk['post'] = async (op, caller, which = 'own') => {
    const at = Date.now();
    const answer = await caller.call('POST', '/v1/transactions', keyOf(keys, op.client), bodyOf(op, which, sinkUrl));
    const attempt = { op: op.n, at, api: caller.name, body: which, ...attemptOf(answer) };
    ledger.attempts.push(attempt);
    return attempt;
  };
  return {
    callers,
    post,
    async postUntilTaken(op, untilMs, pauseMs = 250) {
      for (;;) {
        turn += 1;
        const caller = callers[turn % callers.length];
        if (!caller) return undefined;
        const attempt = await post(op, caller);
        const definite = attempt.status !== undefined && attempt.status !== 429 && attempt.status < 500;
        if (definite) return attempt;
        if (Date.now() > untilMs) return undefined;
        await new Promise((wake) => setTimeout(wake, pauseMs));
      }
    },
    async read(op, caller, why, as = op.client) {
      const at = Date.now();
      const answer = await caller.call('GET', `/v1/transactions/${encodeURIComponent(op.id)}`, keyOf(keys, as));
      const reading = { op: op.n, at, api: caller.name, why, ...readingOf(answer) };
      ledger.readings.push(reading);
      return reading;
    },
  };
}

function attemptOf(answer: Answer): Omit<Attempt, 'op' | 'at' | 'api' | 'body'> {
  if (answer.outcome !== 'answered') return { outcome: answer.outcome, ms: answer.ms };
  const { status, headers, text, ms } = answer;
  const ok = status >= 200 && status < 300;
  return {
    outcome: 'answered',
    ms,
    status,
    contentType: headers['content-type'] ?? '',
    ...(headers['retry-after'] === undefined ? {} : { retryAfter: headers['retry-after'] }),
    ...(ok ? standingIn(text) : { problem: text.slice(0, 300) }),
  };
}

function readingOf(answer: Answer): Pick<Reading, 'ms' | 'status'> & Partial<Reading> {
  if (answer.outcome !== 'answered') return { ms: answer.ms, status: null };
  const { status, headers, text, ms } = answer;
  return { ms, status, contentType: headers['content-type'] ?? '', ...(status === 200 ? standingIn(text) : {}) };
}

function standingIn(text: string): { submissionId?: string; state?: string; version?: number; errorCode?: string | null; amount?: string } {
  const { submissionId, status, version, error, request } = objectIn(text);
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : null;
  const amount = typeof request === 'object' && request !== null && 'amount' in request ? String(request.amount) : undefined;
  return {
    ...(typeof submissionId === 'string' ? { submissionId } : {}),
    ...(typeof status === 'string' ? { state: status } : {}),
    ...(typeof version === 'number' ? { version } : {}),
    errorCode: code,
    ...(amount === undefined ? {} : { amount }),
  };
}
