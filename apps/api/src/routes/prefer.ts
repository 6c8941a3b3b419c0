/** Contract section 3.2: nobody is held longer. */
const MOST_SECONDS = 30;

/** RFC 7240: `Prefer: respond-async, wait=10`. Preferences we do not understand are passed over, as it bids. */
export function preferredWaitMs(header: string | undefined): number | undefined {
  for (const preference of header?.split(',') ?? []) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;|$)/i.exec(preference)?.[1];
    if (seconds !== undefined) return Math.min(MOST_SECONDS, Number(seconds)) * 1_000;
  }
  return undefined;
}
