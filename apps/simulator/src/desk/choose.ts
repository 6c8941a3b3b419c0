import { z } from 'zod';
import { inShape } from '../http.ts';
import type { ProfileName } from '../party.ts';
import { pick, type Random } from '../random.ts';
import { paramsSchema, type Fates, type GivenParams } from './fate.ts';

/** What a chooser knows of a request. */
export interface Told {
  /** What a rule may match exactly, by name: `id`, `amount`, ... */
  readonly traits: Readonly<Record<string, string>>;
  /** The whole body as it came; markers are looked for in it. */
  readonly text: string;
  /** What an amount says, where one is told. */
  readonly amount?: string;
  /** The names a marker may be addressed to, e.g. `on-ramp`. */
  readonly names: readonly string[];
  /** Markers that name nobody do not count. */
  readonly addressedOnly?: boolean;
}

export interface Rule {
  readonly ruleId: string;
  readonly match: { next?: number | undefined; contains?: string | undefined };
  readonly equal: Readonly<Record<string, string>>;
  readonly fate: string;
  readonly params: GivenParams;
}

export type Chosen = Pick<Rule, 'fate' | 'params'>;
export type Weights = Readonly<Record<string, number>>;

/** Chooses fates: by rule, by a marker in the body, by the amount's cents, by the profile's weights. */
export interface Chooser {
  /** null: keep the fate the id has. */
  choose(told: Told, random: Random, isFirst: boolean): Chosen | null;
  /** @throws BadRequest naming every problem */
  addRule(rule: unknown): Rule;
  rules(): readonly Rule[];
  removeRule(ruleId: string): boolean;
  removeRules(): void;
  weigh(weights: Weights): void;
  weights(): Weights;
  weightsOf(profile: ProfileName): Weights;
  reset(): void;
}

export interface ChooserOptions {
  readonly fates: Fates<unknown>;
  /** What happens to a submission about which nothing is said. */
  readonly ordinary: string;
  /** The traits rules may match. */
  readonly traits: readonly string[];
  readonly magicAmounts: boolean;
  readonly profile: ProfileName;
}

export function createChooser(options: ChooserOptions): Chooser {
  const { fates, ordinary, traits } = options;
  const names = Object.keys(fates);
  const byCents = new Map(names.map((name) => [fates[name]?.cents ?? null, name]));
  const weightsOf = (profile: ProfileName): Weights =>
    profile === 'rough'
      ? Object.fromEntries(names.map((name) => [name, name === ordinary ? names.length - 1 : 1]))
      : { [ordinary]: 1 };
  const schema = ruleSchema(names, traits);
  let rules: Rule[] = [];
  let weights = weightsOf(options.profile);
  let lastRule = 0;
  const byRule = (told: Told, isFirst: boolean): Rule | undefined => {
    const rule = rules.find((one) => (isFirst || 'id' in one.equal) && fits(one, told));
    if (rule?.match.next !== undefined && --rule.match.next === 0) rules = rules.filter((other) => other !== rule);
    return rule;
  };
  const byMarker = (told: Told): string | undefined => markersIn(told).find((name) => Object.hasOwn(fates, name));
  return {
    choose(told, random, isFirst) {
      const rule = byRule(told, isFirst);
      if (rule) return rule;
      if (!isFirst) return null;
      const cents = options.magicAmounts && told.amount !== undefined ? centsOf(told.amount) : null;
      const fate = byMarker(told) ?? (cents === null ? undefined : byCents.get(cents));
      return { fate: fate ?? pick(random, Object.entries(weights)), params: {} };
    },
    addRule(value) {
      const { match, fate, params } = inShape(value, schema);
      const { next, contains, ...rest } = match;
      const said = Object.entries(rest).filter(([, one]) => one !== undefined);
      const equal = Object.fromEntries(said.map(([name, one]) => [name, String(one)]));
      const rule: Rule = { ruleId: String(++lastRule), match: { next, contains }, equal, fate, params };
      rules.push(rule);
      return rule;
    },
    rules: () => rules,
    removeRule(ruleId) {
      const before = rules.length;
      rules = rules.filter((rule) => rule.ruleId !== ruleId);
      return rules.length < before;
    },
    removeRules: () => void (rules = []),
    weigh: (next) => void (weights = next),
    weights: () => weights,
    weightsOf,
    reset() {
      rules = [];
      weights = weightsOf(options.profile);
    },
  };
}

/** `next` holds for so many submissions, `contains` looks into the whole body, the party's traits must be equal. */
function ruleSchema(names: readonly string[], traits: readonly string[]) {
  const equal = Object.fromEntries(traits.map((trait) => [trait, z.union([z.string(), z.number()]).optional()]));
  const match = z.strictObject({ ...equal, next: z.int().min(1).optional(), contains: z.string().min(1).optional() });
  // Never empty: every party has an ordinary fate.
  return z.strictObject({
    match: match.default({}),
    fate: z.enum(names as [string, ...string[]]),
    params: paramsSchema.default({}),
  });
}

function fits({ match, equal }: Rule, { traits, text }: Told): boolean {
  if (match.contains !== undefined && !text.includes(match.contains)) return false;
  return Object.entries(equal).every(([name, value]) => traits[name] === value);
}

/** `sim:<fate>` or `sim:<party>=<fate>` anywhere in the body, the addressed ones first. */
function markersIn({ text, names, addressedOnly = false }: Told): string[] {
  if (!text.includes('sim:')) return [];
  const found = [...text.matchAll(/sim:(?:([a-z-]+)=)?([a-z0-9-]+)/g)];
  const to = (wanted: (name: string | undefined) => boolean): string[] =>
    found.flatMap(([, name, fate]) => (wanted(name) && fate !== undefined ? [fate] : []));
  return [
    ...to((name) => name !== undefined && names.includes(name)),
    ...to((name) => name === undefined && !addressedOnly),
  ];
}

/** The cents of `12.21`, `12.2` (20) and `12.210`; null of anything else. */
function centsOf(amount: string): number | null {
  const cents = /^\d+\.(\d{1,2})0*$/.exec(amount)?.[1];
  return cents === undefined ? null : Number(cents.padEnd(2, '0'));
}
