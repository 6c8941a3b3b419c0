import { setTimeout as pause } from 'node:timers/promises';
import { AskFailed, type Asker, type ReceivedCallback, type Resource } from './ask.ts';
import { callbackLine, eventLine } from './lines.ts';
import { filled, type Act } from './scenario.ts';
import type { Where } from './where.ts';

/** How an act ended. */
export interface Ending {
  readonly status: string;
  readonly durationMs: number;
  /** What became of the last callback; `not asked for` where the body named no URL. */
  readonly callback: 'verified' | 'not verified' | 'missing' | 'not asked for';
  readonly asExpected: boolean;
}

/** An act being played: lines appear while it goes on. */
export interface Playing {
  readonly act: Act;
  readonly lines: readonly string[];
  /** Where it stands now, for who waits. */
  readonly standing: () => string;
  readonly ended: Promise<Ending>;
}

const finals = ['COMPLETED', 'FAILED', 'UNRESOLVED'];

/** Submits and follows one act until it has its end and its last callback, at most `patienceMs`. `ended` never rejects. */
export function play(act: Act, where: Where, asker: Asker, patienceMs: number): Playing {
  const lines: string[] = [];
  let standing = 'not yet accepted';
  const ended = follow(act, where, asker, patienceMs, lines, (now) => (standing = now)).catch(
    (error: unknown): Ending => {
      lines.push(error instanceof Error ? error.message : String(error));
      return { status: 'no end', durationMs: 0, callback: 'missing', asExpected: false };
    },
  );
  return { act, lines, standing: () => standing, ended };
}

async function follow(
  act: Act,
  where: Where,
  asker: Asker,
  patienceMs: number,
  lines: string[],
  stand: (status: string) => void,
): Promise<Ending> {
  const unique = crypto.randomUUID();
  const words = { unique, callbackUrl: `${where.simulatorUrl}/client/callbacks/demo` };
  const first = await asker.submit(act.path, filled(act.body, words), filled(act.headers ?? {}, words));
  const hasCallback = JSON.stringify([act.body, act.headers ?? {}]).includes('{callbackUrl}');
  const seen = { events: 0, callbacks: 0 };
  const begun = Date.now();
  lines.push(`${first.id}, submission ${first.submissionId}`);
  let now = first;
  let finalSince: number | null = null;
  let received: readonly ReceivedCallback[] = [];
  while (Date.now() - begun < patienceMs) {
    try {
      now = await asker.read(first.links.self);
      received = await asker.callbacks(first.submissionId);
      await addLines(asker, now, received, seen, lines);
    } catch (error) {
      if (!(error instanceof AskFailed)) throw error;
      stand(error.message);
      await pause(Math.max(error.retryAfterMs, 1_000));
      continue;
    }
    stand(now.status);
    if (finals.includes(now.status)) finalSince ??= Date.now();
    const told = !hasCallback || received.some((one) => speaksOf(one, now));
    // 10 s: the callback follows the end within milliseconds; who has not heard by then will not.
    if (finalSince !== null && (told || Date.now() - finalSince > 10_000)) break;
    // Quick while things happen, gentle while everybody waits.
    await pause(Date.now() - begun < 3_000 ? 100 : 500);
  }
  if (finalSince === null)
    lines.push(`no end within ${patienceMs / 1_000} s: ${act.waitsFor ?? 'and nobody knows why'}`);
  else await addLines(asker, now, received, seen, lines);
  return ending(act, now, received, hasCallback);
}

async function addLines(
  asker: Asker,
  now: Resource,
  received: readonly ReceivedCallback[],
  seen: { events: number; callbacks: number },
  lines: string[],
): Promise<void> {
  const events = await asker.timeline(now.links.timeline);
  for (const event of events.slice(seen.events)) lines.push(eventLine(event, now.createdAt));
  for (const callback of received.slice(seen.callbacks)) lines.push(callbackLine(callback, now.createdAt));
  seen.events = events.length;
  seen.callbacks = received.length;
}

const speaksOf = (callback: ReceivedCallback, now: Resource): boolean => {
  return callback.type?.endsWith(`.${now.status.toLowerCase()}`) ?? false;
};

function ending(act: Act, now: Resource, received: readonly ReceivedCallback[], hasCallback: boolean): Ending {
  const last = received.findLast((one) => speaksOf(one, now));
  const heard = last ? (last.verified ? 'verified' : 'not verified') : 'missing';
  const callback = hasCallback ? heard : 'not asked for';
  const asExpected = now.status === act.expect && (callback === 'verified' || callback === 'not asked for');
  const durationMs = Date.parse(now.settledAt ?? now.updatedAt) - Date.parse(now.createdAt);
  return { status: now.status, durationMs, callback, asExpected };
}
