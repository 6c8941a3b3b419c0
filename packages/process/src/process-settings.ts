import type { z } from 'zod';
import { joinReadings, readEnv, type Env, type Reading } from './environment.ts';
import { readProviders, type ProviderSettings } from './provider-settings.ts';

/** What a process is told: its own variables, and those of the third parties its kinds name. */
export interface ProcessSettings<Own> {
  readonly own: Own;
  readonly providers: Readonly<Record<string, ProviderSettings>>;
}

/**
 * The whole environment of a process in one reading: its own variables by a schema (spread `everyProcess` into it), and
 * `PROVIDER_<NAME>_…` of the named third parties. `judge` says what is wrong with variables that belong together.
 */
export function readProcess<S extends z.ZodObject>(
  schema: S,
  env: Env,
  providers: readonly string[],
  judge: (own: z.output<S>) => Reading<unknown>['problems'] = () => [],
): Reading<ProcessSettings<z.output<S>>> {
  const own = readEnv(schema, env);
  const together = own.value === undefined ? [] : judge(own.value);
  return joinReadings({
    own: { ...own, problems: [...own.problems, ...together] },
    providers: readProviders(env, [...new Set(providers)]),
  });
}
