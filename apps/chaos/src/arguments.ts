/** What `pnpm chaos` was asked for. */
export interface Arguments {
  readonly seed: number;
  /** The whole campaign, quiet time included. */
  readonly minutes: number;
  /** A fault's name (`kill`) or a fault with its target (`kill worker-1`); undefined: all. */
  readonly only: string | undefined;
  /** Faults come in pairs, and the sometimes checks count in full. */
  readonly long: boolean;
  readonly skipBuild: boolean;
  readonly perSecond: number;
  /** Another revision of the product: the campaign begins with it, and processes are exchanged for this one and back. */
  readonly from: string | undefined;
}

export const USAGE =
  'pnpm chaos [--seed N] [--minutes M] [--only FAULT] [--long] [--rate PER_SECOND] [--from REVISION] [--skip-build]';

/** What to type for the same campaign. */
export function commandOf({ seed, minutes, only, long, perSecond, from }: Arguments): string {
  const words = [
    ...(only === undefined ? [] : ['--only', only]),
    ...(from === undefined ? [] : ['--from', from]),
    ...(long ? ['--long'] : []),
    ...(perSecond === RATE ? [] : ['--rate', String(perSecond)]),
    ...(minutes === minutesFor(long) ? [] : ['--minutes', String(minutes)]),
  ].map((word) => (word.includes(' ') ? `"${word}"` : word));
  return ['pnpm chaos --seed', seed, ...words].join(' ');
}

const RATE = 12;
const minutesFor = (long: boolean): number => (long ? 60 : 4.5);

/** @throws Error that names what is not understood. */
export function readArguments(words: readonly string[]): Arguments {
  let given = {
    seed: Math.floor(Date.now() / 1_000) % 1_000_000,
    minutes: 0,
    long: false,
    skipBuild: false,
    perSecond: RATE,
  };
  let only: string | undefined;
  let from: string | undefined;
  const number = (word: string, value: string | undefined): number => {
    const read = Number(value);
    if (value === undefined || !(read > 0))
      throw new Error(`${word} wants a number above 0, was given ${value ?? 'nothing'}\n${USAGE}`);
    return read;
  };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') continue;
    if (word === '--long') given = { ...given, long: true };
    else if (word === '--skip-build') given = { ...given, skipBuild: true };
    else if (word === '--seed') given = { ...given, seed: number(word, words[(at += 1)]) };
    else if (word === '--minutes') given = { ...given, minutes: number(word, words[(at += 1)]) };
    else if (word === '--rate') given = { ...given, perSecond: number(word, words[(at += 1)]) };
    else if (word === '--only') {
      only = words[(at += 1)];
      if (only === undefined) throw new Error(`--only wants the name of a fault\n${USAGE}`);
    } else if (word === '--from') {
      from = words[(at += 1)];
      if (from === undefined) throw new Error(`--from wants a tag or commit of this repository\n${USAGE}`);
    } else throw new Error(`${word} is not known\n${USAGE}`);
  }
  return { ...given, minutes: given.minutes || minutesFor(given.long), only, from };
}
