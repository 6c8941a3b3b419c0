import type { Invariant } from '../invariant.ts';
import type { Page, TimelineEntry } from '../ledger.ts';
import { byOp } from '../readings.ts';

const CLOCKS_MS = 50;
const MOST_LOOKS = 30;
/** Outcomes that say for certain that nothing happened there: refused at the door, no connection, our own limits. */
const surelyNothing = ({ statusCode = 0, error = '', to }: TimelineEntry): boolean =>
  to === 'busy' || (statusCode >= 400 && statusCode < 500 && statusCode !== 408) || /^(not sent|refused|dns|blocked)/.test(error) || error.includes('ECONNREFUSED');

/** First try + 3 at most; no second POST before t0 + W unless the first surely did nothing; Retry-After kept; few looks. */
export const invariant: Invariant = {
  id: 'I-18',
  title: 'politeness, and the window kept',
  check(ledger, findings) {
    const { retryDelayMs, retries } = ledger.settings;
    const { pages: all, stories } = byOp(ledger);
    for (const [n, pages] of all) {
      for (const wrong of hasty(stories.get(n)?.entries ?? [], retryDelayMs)) findings.broken(wrong, { op: n });
      for (const page of pages) {
        findings.checked();
        const posts = page.requests.filter(({ method }) => method === 'POST');
        if (posts.length > 1 + retries) findings.broken(`${posts.length} POSTs; allowed are ${1 + retries}`, { op: n });
        for (const wrong of [...tooSoon(page), ...tooOften(page)]) findings.broken(wrong, { op: n });
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
    // The same number again: the try before was never sent, and its number is free.
    if (!before || before.sure || before.attempt === entry.attempt) return [];
    const apartMs = at - before.at;
    return apartMs < retryDelayMs - CLOCKS_MS ? [`try ${entry.attempt ?? '?'} began ${apartMs} ms after one whose effect was unknown; the retry delay is ${retryDelayMs} ms`] : [];
  });
}

function tooSoon(page: Page): string[] {
  let until = 0;
  return page.requests.flatMap(({ at, method, outcome, retryAfterSeconds }) => {
    const soon = Date.parse(at) < until - CLOCKS_MS ? [`${method} at ${at} (${outcome}) came ${until - Date.parse(at)} ms inside a Retry-After`] : [];
    if (retryAfterSeconds) until = Math.max(until, Date.parse(at) + retryAfterSeconds * 1_000);
    return soon;
  });
}

function tooOften(page: Page): string[] {
  const looks = page.requests.filter(({ method }) => method === 'GET').length;
  return looks > MOST_LOOKS ? [`${looks} looks at one id`] : [];
}
