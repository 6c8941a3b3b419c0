/** What `pnpm bench` was asked for. */
export interface Arguments {
  /** Names of scenarios; empty: all. */
  readonly scenarios: readonly string[];
  /** Where to write the figures as JSON. */
  readonly json: string | undefined;
  /** Seconds instead of minutes: shows that it works, not how fast it is. */
  readonly quick: boolean;
  /** Use what is in dist as it is. */
  readonly skipBuild: boolean;
}

export const USAGE = `pnpm bench [scenario…] [--quick] [--json FILE] [--skip-build]`;

/** @throws Error that names what is not understood. */
export function readArguments(words: readonly string[], known: readonly string[]): Arguments {
  const scenarios: string[] = [];
  let json: string | undefined;
  let quick = false;
  let skipBuild = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') continue;
    if (word === '--quick') quick = true;
    else if (word === '--skip-build') skipBuild = true;
    else if (word === '--json') {
      json = words[(at += 1)];
      if (json === undefined) throw new Error(`--json wants the name of a file\n${USAGE}`);
    } else if (word.startsWith('-')) throw new Error(`${word} is not known\n${USAGE}`);
    else if (!known.includes(word)) throw new Error(`there is no scenario ${word}; there are ${known.join(', ')}`);
    else scenarios.push(word);
  }
  return { scenarios, json, quick, skipBuild };
}
