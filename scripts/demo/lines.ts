import type { ReceivedCallback, TimelineEvent } from './ask.ts';

/** `+12.345 s` after the acceptance. */
export function offset(at: string, since: string): string {
  const seconds = (Date.parse(at) - Date.parse(since)) / 1_000;
  return `${seconds < 0 ? '-' : '+'}${Math.abs(seconds).toFixed(3)} s`.padStart(11);
}

/** One timeline event: `+0.213 s  attempt 1 at registry  504 after 12 ms`. Unknown types are shown as they are. */
export function eventLine(event: TimelineEvent, since: string): string {
  const { type, provider, attempt, statusCode, durationMs, error, from, to, actor, reason } = event;
  const what = [type, attempt === undefined ? '' : String(attempt), provider ? `at ${provider}` : ''];
  const answer = [
    from === undefined ? '' : `${from} → ${to ?? '?'}`,
    statusCode === undefined ? '' : String(statusCode),
    from === undefined && to !== undefined ? to : '',
    durationMs === undefined ? '' : `after ${durationMs} ms`,
    error ?? '',
    actor === undefined ? '' : `by ${actor}`,
    reason ?? '',
  ];
  return `${offset(event.at, since)}  ${words(what).padEnd(24)}  ${words(answer)}`.trimEnd();
}

/** One callback as the demo client received it. */
export function callbackLine(callback: ReceivedCallback, since: string): string {
  const signature = callback.verified
    ? 'signature verified'
    : `signature NOT verified: ${callback.problem ?? 'unchecked'}`;
  const version = callback.version === null ? '' : ` version ${callback.version}`;
  const what = `${callback.type ?? 'something unreadable'}${version}, ${signature}, answered ${callback.answered}`;
  return `${offset(callback.at, since)}  ${'client received'.padEnd(24)}  ${what}`;
}

const words = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ');

/** Rows under a heading, each column as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), []);
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
