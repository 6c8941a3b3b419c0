import { readdirSync } from 'node:fs';
import type { Plan, Result } from './generator-plan.ts';
import type { Cost } from './stage/cost.ts';
import type { Generator } from './stage/generator.ts';
import type { Product } from './stage/product.ts';
import type { ThirdParty } from './stage/third-party.ts';

/** One figure of a scenario. */
export interface Figure {
  readonly what: string;
  readonly unit: '/s' | 'ms' | '' | '%' | 'GB' | '×';
  readonly value: number;
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number };
  /** Whether the floor's figure is worth a ratio. */
  readonly ratio?: boolean;
}

/** What one run, of the product or of its floor, gave. */
export interface Outcome {
  readonly figures: readonly Figure[];
  readonly cost: Cost;
  /** How many transactions the cost is divided by. */
  readonly transactions: number;
  /** Anything a person must know before believing the figures. */
  readonly remarks: readonly string[];
}

/** What a scenario works with. Its product is fresh: an empty database and an empty Redis. */
export interface Stage {
  readonly product: Product;
  /** Its database, for scenarios that begin with much in it. */
  readonly databaseUrl: string;
  readonly isFloor: boolean;
  readonly quick: boolean;
  readonly thirdParty: ThirdParty;
  readonly generator: Generator;
  /** A plan with the usual values. */
  plan(given: Partial<Plan> & Pick<Plan, 'prefix' | 'count' | 'key' | 'mode'>): Plan;
  /** Sends, and shows how far it is. */
  send(plan: Plan): Promise<Result>;
  say(text: string): void;
  meter(): () => Cost;
}

/** One file of `scenarios/` exports one of these as `scenario`. */
export interface Scenario {
  readonly name: string;
  readonly title: (quick: boolean) => string;
  /** The floor can do it too. */
  readonly hasFloor: boolean;
  /** false: the scenario starts the worker itself. */
  readonly worker: boolean;
  readonly run: (stage: Stage) => Promise<Outcome>;
}

/** Every scenario there is a file for, by name. */
export async function discoverScenarios(): Promise<Map<string, Scenario>> {
  const folder = new URL('./scenarios/', import.meta.url);
  const found = new Map<string, Scenario>();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    // What every file of this folder exports; a missing one fails here by its name.
    const { scenario } = (await import(new URL(file, folder).href)) as { scenario?: Scenario };
    if (!scenario) throw new Error(`scenarios/${file} exports no scenario`);
    found.set(scenario.name, scenario);
  }
  return found;
}
