import { header } from '../http.ts';
import type { Call } from '../party.ts';
import { tally } from '../tally.ts';
import type { Books, Page, RequestLine } from './books.ts';

/** Says what became of a request; what comes after the caller has left is not heard. */
export type Note = (outcome: string, retryAfterSeconds?: number | null) => void;

/** These end without a whole answer on purpose, so a caller who leaves them changes nothing in the books. */
const neverWhole = new Set(['silence', 'reset', 'huge']);

/**
 * Writes one request into the books. `name`: the call with its parameters unfilled, e.g. `GET /v1/registrations/{id}`.
 * A caller who leaves before the answer is whole makes it `abandoned`.
 */
export function watch(call: Call, books: Books<unknown>, page: Page<unknown> | null, name: string, notes = {}): Note {
  const { counts } = books;
  const begunMs = Date.now();
  counts.requests += 1;
  counts.inFlight += 1;
  counts.peakInFlight = Math.max(counts.peakInFlight, counts.inFlight);
  if (page && begunMs < page.blockedUntil - 50) counts.tooSoon += 1;
  const line = page && books.record === 'full' ? lineOf(call, name, begunMs, notes) : null;
  if (line) page?.requests.push(line);
  const outcomes = (counts.calls[name] ??= {});
  let said: string | null = null;
  let gone = false;
  const note: Note = (outcome, retryAfterSeconds = null) => {
    if (gone) return;
    said = outcome;
    tally(outcomes, outcome);
    if (page && retryAfterSeconds !== null) page.blockedUntil = begunMs + retryAfterSeconds * 1_000;
    if (line) Object.assign(line, { outcome, retryAfterSeconds });
  };
  call.response.once('close', () => {
    counts.inFlight -= 1;
    gone = true;
    if (line) line.durationMs = Date.now() - begunMs;
    if (call.response.writableFinished || (said !== null && neverWhole.has(said))) return;
    if (said !== null) outcomes[said] = (outcomes[said] ?? 1) - 1;
    tally(outcomes, 'abandoned');
    if (line) line.outcome = 'abandoned';
  });
  return note;
}

function lineOf(call: Call, name: string, begunMs: number, notes: Record<string, string>): RequestLine {
  return {
    at: new Date(begunMs).toISOString(),
    call: name,
    outcome: null,
    durationMs: null,
    retryAfterSeconds: null,
    traceparent: header(call.request, 'traceparent'),
    userAgent: header(call.request, 'user-agent'),
    notes,
  };
}
