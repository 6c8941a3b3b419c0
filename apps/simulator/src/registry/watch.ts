import type { Call, Recording } from '../party.ts';
import { header } from '../http.ts';
import { tally } from '../tally.ts';
import type { Books, Entry, RequestLine } from './books.ts';

/** What became of a request. `retryAfterSeconds`: what we asked for in the answer. */
export interface Verdict {
  readonly outcome: string;
  readonly retryAfterSeconds?: number | null;
}

/** These end without a whole answer on purpose, so a caller who leaves them changes nothing in the books. */
const neverWhole = new Set(['silence', 'reset', 'drip', 'huge']);

/**
 * Writes one request into the books, now with the outcome it is meant to have, and corrects it to `abandoned` when the
 * caller leaves before the answer. `entry` is null for a look at an id nobody posted, in the `counts` recording.
 */
export function watch(call: Call, books: Books, entry: Entry | null, verdict: Verdict, record: Recording): void {
  const { counts } = books;
  const outcomes = call.method === 'POST' ? counts.posts : counts.looks;
  const begunMs = Date.now();
  counts.requests += 1;
  counts.inFlight += 1;
  if (counts.inFlight > counts.peakInFlight) counts.peakInFlight = counts.inFlight;
  tally(outcomes, verdict.outcome);
  if (entry) noteRetryAfter(books, entry, verdict, begunMs);
  const line = entry && record === 'full' ? lineOf(call, verdict, begunMs) : null;
  if (line) entry?.requests.push(line);
  call.response.once('close', () => {
    counts.inFlight -= 1;
    const left = !call.response.writableFinished && !neverWhole.has(verdict.outcome);
    if (left) {
      outcomes[verdict.outcome] = (outcomes[verdict.outcome] ?? 1) - 1;
      tally(outcomes, 'abandoned');
    }
    if (!line) return;
    line.durationMs = Date.now() - begunMs;
    if (left) line.outcome = 'abandoned';
  });
}

function noteRetryAfter({ counts }: Books, entry: Entry, { retryAfterSeconds }: Verdict, nowMs: number): void {
  // 50 ms: the two ends' clocks and the answer's way back.
  if (nowMs < entry.blockedUntil - 50) counts.tooSoon += 1;
  if (retryAfterSeconds) entry.blockedUntil = nowMs + retryAfterSeconds * 1_000;
}

function lineOf(call: Call, verdict: Verdict, begunMs: number): RequestLine {
  return {
    at: new Date(begunMs).toISOString(),
    method: call.method,
    outcome: verdict.outcome,
    durationMs: null,
    retryAfterSeconds: verdict.retryAfterSeconds ?? null,
    traceparent: header(call.request, 'traceparent'),
    userAgent: header(call.request, 'user-agent'),
  };
}
