/** How often, by word. */
export type Tally = Record<string, number>;

/** One more of `word`. */
export function tally(words: Tally, word: string): void {
  words[word] = (words[word] ?? 0) + 1;
}
