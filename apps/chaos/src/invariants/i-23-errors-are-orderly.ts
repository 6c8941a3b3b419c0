import type { Invariant } from '../invariant.ts';
import type { Attempt, Ledger, Reading } from '../ledger.ts';
import { faultsAt, isOk } from '../readings.ts';

const ANSWERED_WITHIN_MS = 15_000;
/** How long after its healing a fault still excuses an answer: the pass column's 5 s. */
const AFTER_MS = 5_000;
/** How a door says that it sheds. That it does so seldom is the sometimes table's to say (95 % are taken at once). */
const SHED = 'More requests than this replica can handle';

/** Every non-2xx is a problem document; no 500, 502, 504 ever; 503 only while PostgreSQL is in trouble or the door sheds, with Retry-After; nobody hangs. */
export const invariant: Invariant = {
  id: 'I-23',
  title: 'errors are orderly',
  check(ledger, findings) {
    for (const one of [...ledger.attempts, ...ledger.readings]) {
      findings.checked();
      const wrong = wrongOf(ledger, one);
      if (wrong !== undefined)
        findings.broken(`${'outcome' in one ? 'POST' : 'GET'} at ${one.api}: ${wrong}`, { op: one.op, at: one.at });
    }
  },
};

function wrongOf(ledger: Ledger, one: Attempt | Reading): string | undefined {
  const ended = one.at + one.ms;
  const { status } = one;
  const isFault = (touches: Parameters<typeof faultsAt>[2]): boolean =>
    faultsAt(ledger, ended, touches, 100, AFTER_MS).length > 0 ||
    faultsAt(ledger, one.at, touches, 100, AFTER_MS).length > 0;
  if (status === undefined || status === null) {
    const mine = [...faultsAt(ledger, one.at, ['api'], 15_000, AFTER_MS)].some(({ target }) =>
      target.endsWith(one.api),
    );
    return mine
      ? undefined
      : `no answer after ${Math.round(one.ms)} ms${'outcome' in one ? ` (${one.outcome})` : ''}, and ${one.api} was left alone`;
  }
  if (one.ms > ANSWERED_WITHIN_MS) return `${status} after ${Math.round(one.ms)} ms`;
  if (isOk(one)) return undefined;
  if (status === 500 || status === 502 || status === 504 || status < 400)
    return `answered ${status}${'problem' in one ? `: ${one.problem ?? ''}` : ''}`;
  if (!(one.contentType ?? '').startsWith('application/problem+json'))
    return `${status} is a ${one.contentType ?? 'nothing'}, not a problem document`;
  if (status !== 503) return undefined;
  if (one.retryAfter === undefined) return '503 without Retry-After';
  const sheds = one.problem?.includes(SHED) === true;
  return isFault(['postgres', 'api']) || sheds ? undefined : '503 although PostgreSQL was left alone';
}
