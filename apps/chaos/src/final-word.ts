import type { Verdict } from './invariant.ts';
import type { Sometimes } from './sometimes.ts';

/** What a campaign comes to. */
export interface Evidence {
  readonly verdicts: readonly Verdict[];
  readonly seen: readonly Sometimes[];
  readonly unaskedDeaths: readonly string[];
  readonly isQuiet: boolean;
  /** Everything that could be broken here and now (`--only`, stores that are not ours). */
  readonly possible: readonly string[];
}

export interface FinalWord {
  readonly text: string;
  /** 1: broken. 3: nothing broke, but too little was met for that to mean anything. */
  readonly exitCode: 0 | 1 | 3;
}

/** Whether a row could be met, or an invariant have anything to look at, with the faults there were. */
export const isInReach = ({ needs }: Pick<Sometimes | Verdict, 'needs'>, possible: readonly string[]): boolean =>
  needs === undefined || possible.some((blow) => needs.test(blow));

/** A campaign that met too little passes vacuously: that is no pass (faults.md 1.12). */
export function finalWord({ verdicts, seen, unaskedDeaths, isQuiet, possible }: Evidence): FinalWord {
  const violations = verdicts.flatMap((verdict) => verdict.violations).length;
  const broken = [
    ...(violations > 0 ? [`${violations} violations`] : []),
    ...(unaskedDeaths.length > 0 ? [`${unaskedDeaths.length} processes died unasked`] : []),
    ...(isQuiet ? [] : ['it never became quiet']),
  ];
  if (broken.length > 0) return { text: `BROKEN: ${broken.join(', ')}`, exitCode: 1 };
  const unseen = verdicts.filter(({ checked }) => checked === 0);
  const unmet = [
    ...unseen.filter((verdict) => isInReach(verdict, possible)).map(({ id }) => `${id} was not looked at`),
    ...seen
      .filter((row) => row.times < row.wanted && isInReach(row, possible))
      .map(({ what, times, wanted }) => `${what}: ${times} of ${wanted}`),
  ];
  if (unmet.length > 0)
    return {
      text: `PROVES TOO LITTLE: nothing broke, but of what must be met was missing: ${unmet.join(' · ')}`,
      exitCode: 3,
    };
  const voided = verdicts.reduce((sum, verdict) => sum + verdict.voided, 0);
  const left = [...seen, ...unseen].filter((row) => !isInReach(row, possible)).length;
  return {
    text: [
      'every invariant holds',
      ...(voided > 0 ? [`${voided} timings are void: others used the machine`] : []),
      ...(left > 0 ? [`${left} rows were out of reach of the faults there were`] : []),
    ].join('; '),
    exitCode: 0,
  };
}
