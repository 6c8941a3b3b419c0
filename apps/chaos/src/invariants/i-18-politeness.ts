import type { Invariant } from '../invariant.ts';
import type { Call, Page, TimelineEntry } from '../ledger.ts';
import { byOp } from '../readings.ts';

/** So much earlier may a call come, and so much later be known of: timers, and the way between two processes. */
const CLOCKS_MS = 50;
const MOST_LOOKS = 30;
/** Between two calls with one file, at least. */
const FIRST_PAUSE_MS = 100;
/** Outcomes that say for certain that nothing happened there: refused at the door, no connection, our own limits. */
const surelyNothing = ({ statusCode = 0, error = '', to }: TimelineEntry): boolean =>
  to === 'busy' ||
  (statusCode >= 400 && statusCode < 500 && statusCode !== 408) ||
  /^(not sent|refused|dns|blocked)/.test(error) ||
  error.includes('ECONNREFUSED');

/** First try + 3 at most; no second POST before t0 + W unless the first surely did nothing; Retry-After kept; few looks. */
export const invariant: Invariant = {
  id: 'I-18',
  title: 'politeness, and the window kept',
  check(ledger, findings) {
    const { retryDelayMs, retries } = ledger.settings;
    const { pages: all, stories } = byOp(ledger);
    for (const [n, pages] of all) {
      const entries = stories.get(n)?.entries ?? [];
      // The bank is told of many in one file: what holds for a file is below.
      for (const party of new Set(pages.map((page) => page.party).filter((name) => name !== 'bank'))) {
        const mine = entries.filter(({ provider }) => provider === party);
        for (const wrong of hasty(mine, retryDelayMs)) findings.broken(`${party}: ${wrong}`, { op: n });
      }
      for (const page of pages) {
        findings.checked();
        const posts = page.requests.filter(({ method }) => method === 'POST');
        if (posts.length > 1 + retries) findings.broken(`${posts.length} POSTs; allowed are ${1 + retries}`, { op: n });
        for (const wrong of [...tooSoon(page.requests), ...tooOften(page)])
          findings.broken(`${page.party}: ${wrong}`, { op: n });
      }
    }
    for (const { msgId, requests } of ledger.files) {
      findings.checked();
      for (const wrong of [...tooSoon(requests), ...crowded(requests, ledger.settings.timeoutMs)])
        findings.broken(`bank, file ${msgId}: ${wrong}`);
    }
  },
};

/** Intents and outcomes as the timeline has them: by one clock, and whatever the way there took. */
function hasty(entries: readonly TimelineEntry[], retryDelayMs: number): string[] {
  let open: { at: number; attempt: number; sure: boolean } | undefined;
  return entries.flatMap((entry) => {
    if (entry.type === 'attempt' && open) open.sure = surelyNothing(entry);
    if (entry.type !== 'attempt.started') return [];
    const at = Date.parse(entry.at);
    const before = open;
    open = { at, attempt: entry.attempt ?? 0, sure: false };
    // The same number again: the try before was never sent, and its number is free. A lower one: another leg at the same third party.
    if (!before || before.sure || (entry.attempt ?? 0) <= before.attempt) return [];
    const apartMs = at - before.at;
    return apartMs < retryDelayMs - CLOCKS_MS
      ? [
          `try ${entry.attempt ?? '?'} began ${apartMs} ms after one whose effect was unknown; the retry delay is ${retryDelayMs} ms`,
        ]
      : [];
  });
}

/** What arrived before the answer that asked for it was out (and had its way back) cannot have known. */
function tooSoon(requests: readonly Call[]): string[] {
  let [from, until] = [0, 0];
  return requests.flatMap(({ at, ms, method, outcome, retryAfterSeconds }) => {
    const cameMs = Date.parse(at);
    const soon =
      cameMs > from + CLOCKS_MS && cameMs < until - CLOCKS_MS
        ? [`${method} at ${at} (${outcome}) came ${until - cameMs} ms inside a Retry-After`]
        : [];
    if (retryAfterSeconds) [from, until] = [cameMs + (ms ?? 0), Math.max(until, cameMs + retryAfterSeconds * 1_000)];
    return soon;
  });
}

/**
 * The bank knows a file by its MsgId for ever, so the same bytes may come again without waiting for W (contract 4; I-14 has the bytes).
 * But not before the call before is over (for us: what is half-open or frozen ends for them much later), nor at once after it.
 */
function crowded(requests: readonly Call[], timeoutMs: number): string[] {
  const posts = requests.filter(({ method }) => method === 'POST');
  return posts.flatMap(({ at }, n) => {
    const before = posts[n - 1];
    if (!before) return [];
    const apartMs = Date.parse(at) - Date.parse(before.at) - Math.min(before.ms ?? 0, timeoutMs);
    return apartMs < FIRST_PAUSE_MS - CLOCKS_MS
      ? [
          `it came again at ${at}, ${apartMs} ms after the call before was over; the first pause is ${FIRST_PAUSE_MS} ms`,
        ]
      : [];
  });
}

function tooOften(page: Page): string[] {
  const looks = page.requests.filter(({ method }) => method === 'GET').length;
  return looks > MOST_LOOKS ? [`${looks} looks at one id`] : [];
}
