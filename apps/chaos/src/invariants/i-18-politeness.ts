import type { Invariant } from '../invariant.ts';
import type { Page } from '../ledger.ts';
import { byOp } from '../readings.ts';

const CLOCKS_MS = 50;
const MOST_LOOKS = 30;
/** Answers that say for certain that nothing happened there. */
const surelyNothing = (outcome: string): boolean => outcome === '429' || outcome === '425' || (/^4\d\d$/.test(outcome) && outcome !== '408');

/** First try + 3 at most; no second POST before t0 + W unless the first surely did nothing; Retry-After kept; few looks. */
export const invariant: Invariant = {
  id: 'I-18',
  title: 'politeness, and the window kept',
  check(ledger, findings) {
    const { windowMs, retries } = ledger.settings;
    for (const [n, pages] of byOp(ledger).pages) {
      for (const page of pages) {
        findings.checked();
        const posts = page.requests.filter(({ method }) => method === 'POST');
        if (posts.length > 1 + retries) findings.broken(`${posts.length} POSTs; allowed are ${1 + retries}`, { op: n });
        posts.forEach(({ at }, again) => {
          const before = posts[again - 1];
          if (!before || surelyNothing(before.outcome)) return;
          const apartMs = Date.parse(at) - Date.parse(before.at);
          if (apartMs < windowMs - CLOCKS_MS) findings.broken(`POST ${again + 1} came ${apartMs} ms after one that ended with ${before.outcome}; W is ${windowMs} ms`, { op: n });
        });
        for (const wrong of [...tooSoon(page), ...tooOften(page)]) findings.broken(wrong, { op: n });
      }
    }
  },
};

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
