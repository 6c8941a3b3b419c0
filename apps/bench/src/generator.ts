// A process of its own: sends transactions and measures how long the door takes.
import { Pool } from 'undici';
import type { FromGenerator, Plan, Result, ToGenerator } from './generator-plan.ts';
import { arrivals, nowMs } from './statistics.ts';

const CONNECTIONS = 256;
const ANSWER_WITHIN_MS = 30_000;

let wake = (): void => undefined;

process.on('message', (message: ToGenerator) => {
  if ('next' in message) wake();
  else void run(message.plan).then((result) => tell({ result }));
});
process.on('disconnect', () => process.exit(0));

function tell(message: FromGenerator): void {
  process.send?.(message);
}

async function run(plan: Plan): Promise<Result> {
  const pool = new Pool(plan.url, {
    connections: Math.min(CONNECTIONS, plan.inFlight),
    pipelining: 1,
    headersTimeout: ANSWER_WITHIN_MS,
  });
  const failures: Record<string, number> = {};
  const intendedMs = new Float64Array(plan.count);
  const latencyMs = new Float64Array(plan.count).fill(NaN);
  let done = 0;
  const send = async (n: number): Promise<void> => {
    const word = await post(pool, plan, n);
    if (word === '202') latencyMs[n] = nowMs() - (intendedMs[n] ?? 0);
    else failures[word] = (failures[word] ?? 0) + 1;
    if ((done += 1) % 500 === 0) tell({ progress: done });
  };
  const beganMs = nowMs();
  if (plan.mode === 'open') await sendOpen(plan, intendedMs, beganMs, send);
  else if (plan.mode === 'full') await sendFull(plan, intendedMs, send);
  else await sendSingly(plan, intendedMs, send);
  const endedMs = nowMs();
  await pool.close();
  return { intendedMs, latencyMs, failures, beganMs, endedMs };
}

type Send = (n: number) => Promise<void>;

async function sendOpen(plan: Plan, intendedMs: Float64Array, beganMs: number, send: Send): Promise<void> {
  const times = arrivals(plan.count, plan.perSecond, 1);
  const sent: Promise<void>[] = [];
  let next = 0;
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const passed = nowMs() - beganMs;
      while (next < plan.count && (times[next] ?? 0) <= passed) {
        intendedMs[next] = beganMs + (times[next] ?? 0);
        sent.push(send(next));
        next += 1;
      }
      if (next === plan.count) return resolve();
      setTimeout(tick, 1);
    };
    tick();
  });
  await Promise.all(sent);
}

async function sendFull(plan: Plan, intendedMs: Float64Array, send: Send): Promise<void> {
  let next = 0;
  const slot = async (): Promise<void> => {
    while (next < plan.count) {
      const n = next;
      next += 1;
      intendedMs[n] = nowMs();
      await send(n);
    }
  };
  await Promise.all(Array.from({ length: plan.inFlight }, slot));
}

async function sendSingly(plan: Plan, intendedMs: Float64Array, send: Send): Promise<void> {
  for (let n = 0; n < plan.count; n += 1) {
    const told = new Promise<void>((resolve) => (wake = resolve));
    intendedMs[n] = nowMs();
    await send(n);
    await told;
  }
}

async function post(pool: Pool, plan: Plan, n: number): Promise<string> {
  try {
    const answer = await pool.request({
      method: 'POST',
      ...(plan.kind === 'receipt'
        ? receiptOf(plan, n)
        : { path: '/v1/transactions', body: bodyOf(plan, n), headers: headersOf(plan) }),
    });
    if (answer.statusCode === 202) {
      await answer.body.dump();
      return '202';
    }
    // Which of several reasons it was decides what to do about it.
    return `${answer.statusCode} ${/"detail":"([^"]*)/.exec(await answer.body.text())?.[1] ?? ''}`.trim();
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function headersOf(plan: Plan): Record<string, string> {
  return { authorization: `Bearer ${plan.key}`, 'content-type': 'application/json' };
}

/** A till's receipt of the size asked for. Its callback has no id of ours in it: the URL it goes to says which it was. */
function receiptOf(plan: Plan, n: number): { path: string; body: string; headers: Record<string, string> } {
  const name = `${plan.prefix}-${n}`;
  const lines = Array.from(
    { length: 12 },
    (_, at) => `{"Quantity":1,"Description":"Article number ${at} of this receipt","Amount":1.25,"VATRate":22}`,
  );
  const head = `{"cbTerminalID":"T1","cbReceiptReference":"${name}","ftReceiptCase":1,"cbChargeItems":[${lines.join(',')}],"cbPayItems":[{"Quantity":1,"Description":"Cash","Amount":15}],"note":"`;
  if (filler.length < 500) filler = 'countersign '.repeat(50);
  const body = `${head}${filler.slice(0, Math.max(0, Math.min(500, plan.bodyBytes - head.length - 2)))}"}`;
  return {
    path: '/v1/receipts',
    body,
    headers: { ...headersOf(plan), 'idempotency-key': name, 'callback-url': `${plan.callbackUrl}?${name}` },
  };
}

let filler = '';

/** A transaction of the size asked for; what is missing is metadata. */
function bodyOf(plan: Plan, n: number): string {
  const head = `{"id":"${plan.prefix}-${n}","amount":"12.50","currency":"EUR","callbackUrl":"${plan.callbackUrl}","metadata":{"fill":"`;
  const missing = Math.max(0, plan.bodyBytes - head.length - 3);
  if (filler.length < missing) filler = 'countersign '.repeat(Math.ceil(missing / 12));
  return `${head}${filler.slice(0, missing)}"}}`;
}
