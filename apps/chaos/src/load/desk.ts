import type { Attempt, Ledger, Op, Reading } from '../ledger.ts';
import { objectIn, type Answer, type Caller } from '../stage/http.ts';
import { kindOf } from '../kinds/kinds.ts';
import { sentBy } from './plan.ts';

/** Makes requests and writes each into the ledger. */
export interface Desk {
  readonly callers: readonly Caller[];
  /** POSTs an op once. */
  post(op: Op, caller: Caller, which?: Attempt['body']): Promise<Attempt>;
  /** POSTs until it is answered with a 2xx or a definite refusal, or `untilMs` has come. */
  postUntilTaken(op: Op, untilMs: number, pauseMs?: number): Promise<Attempt | undefined>;
  /** GETs an op; nothing where we know no name for it. */
  read(op: Op, caller: Caller, why: Reading['why'], as?: string): Promise<Reading | undefined>;
  /** Its name in our words, learned elsewhere than from an answer. */
  learn(op: Op, submissionId: string): void;
  /** Where it is read: `/v1/payments/0199…`; undefined before we know its name. */
  pathOf(op: Op): string | undefined;
}

const keyOf = (keys: ReadonlyMap<string, string>, client: string): string => keys.get(client) ?? '';

export function openDesk(
  ledger: Ledger,
  callers: readonly Caller[],
  keys: ReadonlyMap<string, string>,
  sinkUrl: string,
): Desk {
  let turn = 0;
  const names = new Map<number, string>();
  const pathOf: Desk['pathOf'] = (op) => {
    const { path, isNamed } = kindOf(op);
    const name = isNamed ? op.id : names.get(op.n);
    return name === undefined ? undefined : `/v1/${path}/${encodeURIComponent(name)}`;
  };
  const post: Desk['post'] = async (op, caller, which = 'own') => {
    const at = Date.now();
    const { headers, body } = sentBy(op, which, sinkUrl);
    const answer = await caller.call('POST', `/v1/${kindOf(op).path}`, keyOf(keys, op.client), body, headers);
    // A document whose only key are its bytes has no other body under the same key.
    const isOwn = which === 'other' && body === sentBy(op, 'own', sinkUrl).body;
    const attempt = {
      op: op.n,
      at,
      api: caller.name,
      body: isOwn ? ('own' as const) : which,
      ...attemptOf(answer, kindOf(op).reuse),
    };
    ledger.attempts.push(attempt);
    if (attempt.submissionId !== undefined && which === 'own') names.set(op.n, attempt.submissionId);
    return attempt;
  };
  return {
    callers,
    post,
    pathOf,
    learn: (op, submissionId) => void (names.has(op.n) || names.set(op.n, submissionId)),
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
      const path = pathOf(op);
      if (path === undefined) return undefined;
      const answer = await caller.call('GET', path, keyOf(keys, as));
      const reading = { op: op.n, at, api: caller.name, why, ...readingOf(answer) };
      ledger.readings.push(reading);
      return reading;
    },
  };
}

/** `reuse`: how the kind answers a used key. Where that is 409, the answer names the first, which is as good as its 202. */
function attemptOf(answer: Answer, reuse: 409 | 422): Omit<Attempt, 'op' | 'at' | 'api' | 'body'> {
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
    ...(status === 409 && reuse === 409 ? firstIn(text) : {}),
  };
}

function firstIn(text: string): { names?: true; submissionId?: string; state?: string } {
  const { existing } = objectIn(text);
  if (!(existing instanceof Object) || !('id' in existing) || !('status' in existing)) return {};
  return { names: true, submissionId: String(existing.id), state: String(existing.status) };
}

function readingOf(answer: Answer): Pick<Reading, 'ms' | 'status'> & Partial<Reading> {
  if (answer.outcome !== 'answered') return { ms: answer.ms, status: null };
  const { status, headers, text, ms } = answer;
  return {
    ms,
    status,
    contentType: headers['content-type'] ?? '',
    ...(headers['retry-after'] === undefined ? {} : { retryAfter: headers['retry-after'] }),
    ...(status === 200 ? { ...standingIn(text), ...errorIn(text) } : { problem: text.slice(0, 300) }),
  };
}

/** Whose word or silence an end speaks of. */
function errorIn(text: string): { errorProvider?: string; errorMessage?: string } {
  const { error } = objectIn(text);
  if (!(error instanceof Object)) return {};
  return {
    ...('provider' in error ? { errorProvider: String(error.provider) } : {}),
    ...('message' in error ? { errorMessage: String(error.message) } : {}),
  };
}

function standingIn(text: string): {
  submissionId?: string;
  state?: string;
  version?: number;
  errorCode?: string | null;
  amount?: string;
} {
  const { submissionId, status, version, error, request } = objectIn(text);
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : null;
  const amount =
    typeof request === 'object' && request !== null && 'amount' in request ? String(request.amount) : undefined;
  return {
    ...(typeof submissionId === 'string' ? { submissionId } : {}),
    ...(typeof status === 'string' ? { state: status } : {}),
    ...(typeof version === 'number' ? { version } : {}),
    errorCode: code,
    ...(amount === undefined ? {} : { amount }),
  };
}
