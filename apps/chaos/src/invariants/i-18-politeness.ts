import type { Invariant } from '../invariant.ts';
import type { Page, TimelineEntry } from '../ledger.ts';
import { byOp } from '../readings.ts';

const CLOCKS_MS = 50;
/** Two replicas ask at the same moment: what is on its way when one is told to wait cannot be called back. */
const ON_ITS_WAY_MS = 100;
const MOST_LOOKS = 30;
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
      // The bank knows each file by its MsgId for ever, and is sent the same bytes again within seconds (contract 4).
      for (const party of new Set(pages.map((page) => page.party).filter((name) => name !== 'bank'))) {
        const mine = entries.filter(({ provider }) => provider === party);
        for (const wrong of hasty(mine, retryDelayMs)) findings.broken(`${party}: ${wrong}`, { op: n });
      }
      for (const page of pages) {
        findings.checked();
        const posts = page.requests.filter(({ method }) => method === 'POST');
        if (posts.length > 1 + retries) findings.broken(`${posts.length} POSTs; allowed are ${1 + retries}`, { op: n });
        for (const wrong of [...tooSoon(page), ...tooOften(page)])
          findings.broken(`${page.party}: ${wrong}`, { op: n });
      }
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

function tooSoon(page: Page): string[] {
  let [from, until] = [0, 0];
  return page.requests.flatMap(({ at, method, outcome, retryAfterSeconds }) => {
    const soon =
      Date.parse(at) > from + ON_ITS_WAY_MS && Date.parse(at) < until - CLOCKS_MS
        ? [`${method} at ${at} (${outcome}) came ${until - Date.parse(at)} ms inside a Retry-After`]
        : [];
    if (retryAfterSeconds)
      [from, until] = [Date.parse(at), Math.max(until, Date.parse(at) + retryAfterSeconds * 1_000)];
    return soon;
  });
}

function tooOften(page: Page): string[] {
  const looks = page.requests.filter(({ method }) => method === 'GET').length;
  return looks > MOST_LOOKS ? [`${looks} looks at one id`] : [];
}
