import type { DemoScenario } from './scenario.ts';

/** What the last part of a provider's setting means (contract.md 2), with its default. */
const meanings: Readonly<Record<string, readonly [ifMissing: string, meaning: string]>> = {
  TIMEOUT_MS: ['10000', 'how long one call may take'],
  RETRIES: ['3', 'tries after the first'],
  RETRY_DELAY_MS: ['120000', 'between two tries, and before anything is sent again after an answer we did not get'],
  POLL_MAX_AGE_MS: ['86400000', 'how long we look for an end'],
};

/**
 * The settings the acts' `waitsFor` name, with what the running dev said they are: how long the demo takes depends on them.
 * A setting dev said nothing about is shown with its default.
 */
export function settingLines(acts: readonly DemoScenario[], settings: Readonly<Record<string, string>>): string[] {
  const named = acts.flatMap(({ waitsFor = '' }) => waitsFor.match(/\bPROVIDER_[A-Z_]+\b/g) ?? []);
  return [...new Set(named)].map((name) => {
    const ending = Object.keys(meanings).find((end) => name.endsWith(`_${end}`));
    const [ifMissing, meaning] = (ending && meanings[ending]) || ['?', ''];
    const value = settings[name] ?? `${ifMissing} (unless dev was told otherwise)`;
    return `${name} = ${value}: ${meaning}`;
  });
}
