import { z } from 'zod';
import type { ProfileName } from '../party.ts';
import { pick, type Random } from '../random.ts';
import { defaultParams, paramsSchema, type GivenParams, type Params } from './course.ts';
import { fateNames, fates, type FateName } from './fates.ts';

/** What a client tells the registry about a transaction. */
export interface Told {
  readonly id: string;
  readonly amount: string | number;
  readonly currency: string;
}

export const ruleSchema = z.strictObject({
  match: z
    .strictObject({
      id: z.string().optional(),
      /** Compared as written: "12.50" is not "12.5". */
      amount: z.union([z.string(), z.number()]).optional(),
      currency: z.string().optional(),
      /** Holds for this many submissions, then is spent. */
      next: z.int().min(1).optional(),
    })
    .default({}),
  fate: z.enum(fateNames),
  params: paramsSchema.default({}),
});
export type Rule = z.infer<typeof ruleSchema>;

export const weightsSchema = z.partialRecord(z.enum(fateNames), z.number().min(0));
export type Weights = z.infer<typeof weightsSchema>;

/** Chooses fates: by rule, then by the amount's cents, then by the profile's weights. */
export interface Chooser {
  choose(told: Told, random: Random, isFirst: boolean): { fate: FateName; given: GivenParams } | null;
  paramsOf(fate: FateName, given: GivenParams): Params;
  addRule(rule: Rule): { ruleId: string } & Rule;
  rules(): readonly ({ ruleId: string } & Rule)[];
  removeRule(ruleId: string): boolean;
  weigh(weights: Weights): void;
  weights(): Weights;
  reset(): void;
}

/** What each profile draws from. `rough`: half are served well, the other half share all the other fates. */
export const profileWeights: Record<ProfileName, Weights> = {
  calm: { completed: 1 },
  original: { original: 1 },
  rough: Object.fromEntries(
    fateNames.map((name) => [name, name === 'completed' ? fateNames.length - 2 : Number(name !== 'original')]),
  ),
};

const byCents = new Map(fateNames.map((name) => [fates[name].cents, name] as const));

/** The fate of an amount in the profile `calm`, by its cents; undefined when it has none. */
export function magicFate(amount: string | number): FateName | undefined {
  const cents = /^\d+\.(\d{1,2})0*$/.exec(String(amount))?.[1];
  return cents === undefined ? undefined : byCents.get(Number(cents.padEnd(2, '0')));
}

export interface ChooserOptions {
  readonly weights: Weights;
  readonly magicAmounts: boolean;
  /** Params of a fate that differ from the fate's own. */
  readonly overrides: Partial<Record<FateName, GivenParams>>;
  /** Params for all fates. */
  readonly base: GivenParams;
}

export function createChooser(options: ChooserOptions): Chooser {
  let rules: ({ ruleId: string } & Rule)[] = [];
  let weights = options.weights;
  let lastRule = 0;
  const byRule = (told: Told, isFirst: boolean): ({ ruleId: string } & Rule) | undefined => {
    const rule = rules.find(({ match }) => (isFirst || match.id !== undefined) && fits(match, told));
    if (rule?.match.next !== undefined && --rule.match.next === 0) rules = rules.filter((other) => other !== rule);
    return rule;
  };
  return {
    choose(told, random, isFirst) {
      const rule = byRule(told, isFirst);
      if (rule) return { fate: rule.fate, given: rule.params };
      if (!isFirst) return null;
      const magic = options.magicAmounts ? magicFate(told.amount) : undefined;
      // partialRecord's entries are typed as plain strings; its keys were checked against the fates.
      const weighed = Object.entries(weights) as [FateName, number][];
      return { fate: magic ?? pick(random, weighed), given: {} };
    },
    paramsOf: (fate, given) => ({
      ...defaultParams,
      ...options.base,
      ...fates[fate].params,
      ...options.overrides[fate],
      ...given,
    }),
    addRule(rule) {
      const added = { ruleId: String(++lastRule), ...rule, match: { ...rule.match } };
      rules.push(added);
      return added;
    },
    rules: () => rules,
    removeRule(ruleId) {
      const before = rules.length;
      rules = rules.filter((rule) => rule.ruleId !== ruleId);
      return rules.length < before;
    },
    weigh: (next) => void (weights = next),
    weights: () => weights,
    reset() {
      rules = [];
      weights = options.weights;
    },
  };
}

function fits(match: Rule['match'], told: Told): boolean {
  return (
    (match.id === undefined || match.id === told.id) &&
    (match.amount === undefined || String(match.amount) === String(told.amount)) &&
    (match.currency === undefined || match.currency === told.currency)
  );
}
