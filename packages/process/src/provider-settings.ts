import { REGISTRATION_RETRY, STATUS_POLL, type PollPolicy, type RetryPolicy } from '@countersign/flow';
import { z } from 'zod';
import { readEnv, type Env, type EnvProblem, type Reading } from './environment.ts';
import { durationMs, ratePerSecond, text, url, wholeNumber } from './fields.ts';

/** One third party as the environment describes it: `PROVIDER_<NAME>_<SETTING>` (contract, sections 2 and 7). */
export interface ProviderSettings {
  readonly name: string;
  /** Base URL without a trailing slash; undefined where the kinds in use do not need it. */
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
  readonly webhookSecret: string | undefined;
  readonly webhookPublicKey: string | undefined;
  /** Paths of files (mTLS). */
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
  /** A root of the third party's own, where it has one. */
  readonly caCert: string | undefined;
  /** The client that owns what this third party creates here. */
  readonly clientId: string | undefined;
  readonly debtor: {
    readonly name: string | undefined;
    readonly iban: string | undefined;
    readonly bic: string | undefined;
  };
  /** One HTTP call. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly poll: PollPolicy;
  /** Calls in flight at this destination, over all replicas. */
  readonly concurrency: number;
  /** Calls per second over all replicas; null = unlimited. */
  readonly ratePerSecond: number | null;
}

const SETTINGS = {
  URL: url('http', 'https').optional().describe('the base URL of the third party, http:// or https://'),
  API_KEY: text().optional(),
  WEBHOOK_SECRET: text().optional(),
  WEBHOOK_PUBLIC_KEY: text().optional().describe('a public key in PEM'),
  CLIENT_CERT: text().optional().describe('the path of a file'),
  CLIENT_KEY: text().optional().describe('the path of a file'),
  CA_CERT: text().optional().describe('the path of a file'),
  CLIENT_ID: text().optional(),
  DEBTOR_NAME: text().optional(),
  DEBTOR_IBAN: text().optional(),
  DEBTOR_BIC: text().optional(),
  TIMEOUT_MS: durationMs().default(10_000),
  RETRIES: wholeNumber(0, 1_000).default(REGISTRATION_RETRY.retries),
  RETRY_DELAY_MS: durationMs().default(REGISTRATION_RETRY.retryDelayMs),
  POLL_FIRST_MS: durationMs().default(STATUS_POLL.firstMs),
  POLL_SECOND_MS: durationMs().default(STATUS_POLL.secondMs),
  POLL_MAX_DELAY_MS: durationMs().default(STATUS_POLL.maxDelayMs),
  POLL_MAX_AGE_MS: durationMs().default(STATUS_POLL.maxAgeMs),
  CONCURRENCY: wholeNumber(1, 100_000).default(50),
  RATE_PER_SECOND: ratePerSecond(),
};

/** A CSP tries again sooner and has a deadline of two hours (contract, section 7). */
const CSP_SETTINGS = {
  ...SETTINGS,
  RETRIES: wholeNumber(0, 1_000).default(2),
  RETRY_DELAY_MS: durationMs().default(5_000),
  POLL_MAX_AGE_MS: durationMs().default(7_200_000),
};

type SettingName = keyof typeof SETTINGS;

/** `on-ramp` → `ON_RAMP`. */
export function providerVariable(name: string, setting: SettingName): string {
  return `${prefixOf(name)}${setting}`;
}

function prefixOf(name: string): string {
  return `PROVIDER_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_`;
}

/**
 * Reads the settings of the named third parties. `CSP_*` stands for every CSP the environment gives a URL to (their names
 * are data). `needUrl` names those that cannot be without one. Unknown `PROVIDER_…` variables warn: they are mostly typing errors.
 */
export function readProviders(
  env: Env,
  names: readonly string[],
  { needUrl = [] }: { needUrl?: readonly string[] } = {},
): Reading<Readonly<Record<string, ProviderSettings>>> {
  const settings: Record<string, ProviderSettings> = {};
  const problems: EnvProblem[] = [];
  const known = new Set<string>();
  for (const name of names.flatMap((each) => (each === 'CSP_*' ? cspsOf(env) : [each]))) {
    const shape = name.startsWith('CSP_') ? CSP_SETTINGS : SETTINGS;
    for (const setting of Object.keys(shape)) known.add(prefixOf(name) + setting);
    const reading = readEnv(prefixed(prefixOf(name), shape), env);
    problems.push(...reading.problems);
    if (reading.value) settings[name] = settingsOf(name, z.object(shape).shape, reading.value);
    if (needUrl.includes(name) && !env[providerVariable(name, 'URL')]?.trim()) {
      problems.push({
        variable: providerVariable(name, 'URL'),
        given: undefined,
        expected: SETTINGS.URL.description ?? '',
      });
    }
  }
  const unknown = Object.keys(env).filter((variable) => variable.startsWith('PROVIDER_') && !known.has(variable));
  const warnings = unknown.map(
    (variable) => `${variable} is not a setting of a third party this process knows; it is ignored`,
  );
  return { value: problems.length > 0 ? undefined : settings, problems, warnings };
}

function cspsOf(env: Env): string[] {
  return Object.keys(env).flatMap((variable) => /^PROVIDER_(CSP_[A-Z0-9_]+)_URL$/.exec(variable)?.[1] ?? []);
}

function prefixed(prefix: string, shape: typeof SETTINGS) {
  return z.object(Object.fromEntries(Object.entries(shape).map(([setting, field]) => [prefix + setting, field])));
}

function settingsOf(name: string, shape: typeof SETTINGS, read: Record<string, unknown>): ProviderSettings {
  // The same schema has judged these values under their prefixed names.
  const s = Object.fromEntries(Object.keys(shape).map((setting) => [setting, read[prefixOf(name) + setting]])) as {
    [K in SettingName]: z.output<(typeof SETTINGS)[K]>;
  };
  return {
    name,
    url: s.URL,
    apiKey: s.API_KEY,
    webhookSecret: s.WEBHOOK_SECRET,
    webhookPublicKey: s.WEBHOOK_PUBLIC_KEY,
    clientCert: s.CLIENT_CERT,
    clientKey: s.CLIENT_KEY,
    caCert: s.CA_CERT,
    clientId: s.CLIENT_ID,
    debtor: { name: s.DEBTOR_NAME, iban: s.DEBTOR_IBAN, bic: s.DEBTOR_BIC },
    timeoutMs: s.TIMEOUT_MS,
    retry: { retries: s.RETRIES, retryDelayMs: s.RETRY_DELAY_MS },
    poll: {
      firstMs: s.POLL_FIRST_MS,
      secondMs: s.POLL_SECOND_MS,
      maxDelayMs: s.POLL_MAX_DELAY_MS,
      maxAgeMs: s.POLL_MAX_AGE_MS,
    },
    concurrency: s.CONCURRENCY,
    ratePerSecond: s.RATE_PER_SECOND,
  };
}
