import type { Ledger } from './ledger.ts';
import type { Verdict, Violation } from './invariant.ts';
import { quantile } from './quantile.ts';
import { isInReach } from './final-word.ts';
import { acceptedOps, OTHERS_MOST_CORES, othersDuring } from './readings.ts';
import { mixtures } from './mixtures.ts';
import { availability } from './availability.ts';
import type { Sometimes } from './sometimes.ts';
import { storyOf } from './story.ts';

const STORIES_PRINTED = 3;

/** The faults, how often each struck, and how long the house took to serve again. */
export function faultTable(ledger: Ledger, possible: readonly string[]): string {
  const rows = possible.map((name) => {
    const mine = ledger.injections.filter(({ fault, target }) => `${fault} ${target}` === name);
    const of = (what: string): string => {
      const all = mine.flatMap(({ recoveries }) => recoveries.filter((one) => one.what === what));
      if (all.length === 0) return '';
      const worst = all.reduce((most, { ms }) => Math.max(most, ms ?? Infinity), 0);
      const late = all.some(({ ms, boundMs }) => ms === null || ms > boundMs);
      return `${worst === Infinity ? 'never' : `${(worst / 1_000).toFixed(2)} s`} (≤ ${(all[0]?.boundMs ?? 0) / 1_000} s)${late ? lateWord(ledger, mine) : ''}`;
    };
    return [name, String(mine.length), of('first 202'), of('first life'), mine[0]?.note ?? ''];
  });
  return columns([['fault', 'times', 'first 202 after it', 'first whole life after it', 'note'], ...rows]);
}

function lateWord(ledger: Ledger, mine: Ledger['injections']): string {
  const others = Math.max(
    ...mine.map(({ toMs, recoveries }) =>
      othersDuring(ledger, toMs, toMs + Math.max(...recoveries.map(({ ms, boundMs }) => ms ?? boundMs))),
    ),
  );
  return others > OTHERS_MOST_CORES ? ` void: others used ${others.toFixed(1)} cores` : ' LATE';
}

export function invariantTable(verdicts: readonly Verdict[], possible: readonly string[]): string {
  const rows = verdicts.map((verdict) => [
    verdict.id,
    verdict.title,
    String(verdict.checked),
    verdict.voided === 0 ? '' : String(verdict.voided),
    wordOf(verdict, possible),
  ]);
  return columns([['', 'invariant', 'checked', 'void', ''], ...rows]);
}

function wordOf(verdict: Verdict, possible: readonly string[]): string {
  if (verdict.violations.length > 0) return `BROKEN ${verdict.violations.length}×`;
  if (verdict.checked > 0) return 'holds';
  return isInReach(verdict, possible) ? 'NOT LOOKED AT' : 'out of reach of these faults';
}

/** `possible`: everything that could be broken; what needs another fault is out of reach. */
export function sometimesTable(seen: readonly Sometimes[], possible: readonly string[]): string {
  const rows = seen.map((row) => {
    const lack = isInReach(row, possible) ? 'TOO SELDOM' : 'out of reach of these faults';
    return [row.what, String(row.times), String(row.wanted), row.times >= row.wanted ? '' : lack];
  });
  return columns([['sometimes', 'times', 'wanted', ''], ...rows]);
}

/** Numbers in a few lines. */
export function summary(ledger: Ledger, unaskedDeaths: readonly string[]): string {
  const { asked, share } = availability(ledger);
  const lost = ledger.attempts.filter(({ outcome }) => outcome !== 'answered').length;
  const shed = ledger.attempts.filter(({ status }) => status === 503).length;
  const answered = ledger.attempts.flatMap(({ status, ms }) => (status === 202 ? [ms] : []));
  const quiet =
    ledger.quietMs === null
      ? `NOT quiet within ${ledger.settings.quietWithinMs / 1_000} s`
      : `quiet ${((ledger.quietMs - ledger.healedMs) / 1_000).toFixed(1)} s after the healing`;
  return [
    `${ledger.ops.length} ops, ${acceptedOps(ledger).length} accepted; ${ledger.attempts.length} POSTs (${lost} without an answer, ${shed} × 503), ${ledger.readings.length} GETs, ${ledger.deliveries.length} callbacks, ${ledger.books.reduce((sum, page) => sum + page.requests.length, 0)} calls to third parties`,
    `202 in p50 ${quantile(answered, 0.5).toFixed(0)} ms, p99 ${quantile(answered, 0.99).toFixed(0)} ms, faults included; ${(share * 100).toFixed(2)} % of ${asked} POSTs outside fault windows were taken at once`,
    quiet,
    loadLine(ledger),
    cpu(ledger),
    ...stops(ledger),
    ...mixtureLines(ledger),
    ...unaskedDeaths.map((text) => `DIED UNASKED: ${text}`),
  ].join('\n');
}

function loadLine({ load: { perSecond, meanShare } }: Ledger): string {
  const percent = Math.round(meanShare * 100);
  return percent === 100
    ? `load: ${perSecond} submissions a second, as asked`
    : `load: SHRUNK to ${percent} % of the ${perSecond} submissions a second asked for, since others used the machine; the sometimes table says what that left`;
}

/** Cores on average and at most, by process. */
function cpu({ cpu: samples }: Ledger): string {
  if (samples.length === 0) return 'this system does not tell who used the processors';
  const names = [...new Set(samples.flatMap(({ cores }) => Object.keys(cores)))].sort();
  const figures = names.map((name) => {
    const used = samples.map(({ cores }) => cores[name] ?? 0);
    return `${name} ${(used.reduce((a, b) => a + b, 0) / used.length).toFixed(2)} (≤ ${used.reduce((most, one) => Math.max(most, one), 0).toFixed(2)})`;
  });
  return `cores used, mean (most in a second): ${figures.join(' · ')}`;
}

function mixtureLines(ledger: Ledger): string[] {
  return mixtures(ledger).map(
    ({ api, workers, accepted }) => `accepted by ${api}, workers of ${workers.join(' and ')}: ${accepted}`,
  );
}

function stops({ stops: all }: Ledger): string[] {
  if (all.length === 0) return [];
  return [
    `asked to end: ${all.map(({ process, ms }) => `${process} ${ms === null ? 'had to be killed' : `in ${(ms / 1_000).toFixed(1)} s`}`).join(', ')}`,
  ];
}

/** Every violation in a line, and the whole story of the first few of each invariant. */
export function violationText(ledger: Ledger, violations: readonly Violation[]): string {
  const told = new Map<string, number>();
  return violations
    .flatMap(({ id, what, op, at }) => {
      const times = (told.get(id) ?? 0) + 1;
      told.set(id, times);
      const head = `${id}: ${what}${at === undefined ? '' : ` [${new Date(at).toISOString().slice(11, 23)}]`}`;
      if (times > STORIES_PRINTED)
        return times === STORIES_PRINTED + 1 ? [`${id}: … more of them in the ledger file`] : [];
      const active =
        at === undefined
          ? []
          : ledger.injections
              .filter(({ fromMs, toMs }) => fromMs < at + 5_000 && toMs > at - 5_000)
              .map(
                ({ fault, target, fromMs, toMs }) =>
                  `    within ±5 s: ${fault} ${target} from ${fromMs - at} to ${toMs - at} ms`,
              );
      return [head, ...(op === undefined ? active : storyOf(ledger, op).map((line) => `    ${line}`)), ''];
    })
    .join('\n');
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, at) => cell.padEnd(at === row.length - 1 ? 0 : (widths[at] ?? 0))).join('  ')}`.trimEnd();
  return rows.map(line).join('\n');
}
