/** Nobody may park us for longer than a day by one header. */
export const RETRY_AFTER_CAP_MS = 24 * 60 * 60 * 1000;

/**
 * Reads a `Retry-After` header (RFC 9110 section 10.2.3): whole seconds or an HTTP date. Returns milliseconds from `nowMs`,
 * 0 for a moment already past, at most `capMs`; undefined when there is none or it cannot be read.
 */
export function parseRetryAfter(
  value: string | undefined,
  nowMs: number,
  capMs: number = RETRY_AFTER_CAP_MS,
): number | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  // Some houses send fractions ("0.5"); rounding up keeps the promise not to come early.
  if (/^\d{1,15}(\.\d{1,9})?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), capMs);
  // Date.parse reads far more than HTTP dates ("-5" is a year to it); an HTTP date starts with the name of a day.
  if (!/^(mon|tue|wed|thu|fri|sat|sun)/i.test(text)) return undefined;
  const at = Date.parse(asImfFixdate(text));
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(at - nowMs, 0), capMs);
}

/** The obsolete asctime form ("Sun Nov  6 08:49:37 1994") bears no zone and means GMT; left alone it would be read as local time. */
function asImfFixdate(text: string): string {
  return /gmt|utc|[+-]\d{4}$/i.test(text) ? text : `${text} GMT`;
}
