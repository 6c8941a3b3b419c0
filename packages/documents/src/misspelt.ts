/** The known word this one is a slip of (one letter too many, too few, wrong, or two swapped), if it is one. */
export function isMisspelt(word: string, known: readonly string[]): string | undefined {
  if (known.includes(word)) return undefined;
  return known.find((other) => other.toLowerCase() === word.toLowerCase() || isOneSlip(word, other));
}

/** Short words are near to everything: `note` is no slip of `not`. */
const SHORTEST = 5;

function isOneSlip(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < SHORTEST || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left === `${right[1]}${right[0]}`;
}
