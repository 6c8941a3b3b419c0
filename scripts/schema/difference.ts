/** The first line in which two texts differ, both sides shown; undefined when they are the same. */
export function firstDifference(committed: string, found: string): string | undefined {
  const [left, right] = [committed.split('\n'), found.split('\n')];
  for (let line = 0; line < Math.max(left.length, right.length); line += 1) {
    if (left[line] === right[line]) continue;
    return [
      `line ${line + 1}`,
      `  committed: ${left[line] ?? '(ends)'}`,
      `  found:     ${right[line] ?? '(ends)'}`,
    ].join('\n');
  }
  return undefined;
}
