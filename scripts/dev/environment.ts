import { discoverContracts } from '@countersign/kinds';

/** What the processes of `pnpm dev` are told; whatever the person gave wins. */
export type Told = {
  given: NodeJS.ProcessEnv;
  apiPort: number;
  workerHealthPort: number;
  redisUrl: string;
  databaseUrl: string;
  adminKey: string;
  secretsKey: string;
  /** Environment variables that point at the simulator's third parties. */
  providers: Record<string, string>;
};

/** The environment of the API, the worker and the migration. */
export function environmentOf(told: Told): NodeJS.ProcessEnv {
  return {
    ...told.providers,
    HOST: '127.0.0.1',
    PUBLIC_URL: `http://127.0.0.1:${told.apiPort}`,
    ADMIN_API_KEY: told.adminKey,
    SECRETS_KEY: told.secretsKey,
    CALLBACK_ALLOW_PRIVATE: 'true',
    WORKER_HEALTH_PORT: String(told.workerHealthPort),
    ...withoutEmpty(told.given),
    PORT: String(told.apiPort),
    REDIS_URL: told.redisUrl,
    DATABASE_URL: told.databaseUrl,
  };
}

/** What Countersign must be told by third party, e.g. `{ tax: { API_KEY: '…' } }`; `URL` only where it is not `{simulator}/{name}`. */
export type ProviderSettings = Record<string, Record<string, string>>;

/**
 * Small numbers for the simulated third parties, so that a person at a terminal sees a silent one given up in half a
 * minute instead of nine. The simulator's own late effects (3 s) end within this retry delay.
 */
const PACE = { TIMEOUT_MS: '2000', RETRY_DELAY_MS: '5000' };

/** The numbers a running dev was told for its third parties, for `pnpm demo` to say what it waits for. Never a secret. */
export function paceOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  const told = Object.entries(environment).filter(([name, value]) => /^PROVIDER_.*_(MS|RETRIES)$/.test(name) && value);
  return Object.fromEntries(told.map(([name, value]) => [name, value ?? '']));
}

/** `PROVIDER_REGISTRY_URL=…/registry`, `PROVIDER_TAX_API_KEY=…` and so on, for every third party of our kinds that lives in the simulator. */
export function providersIn(
  simulatorUrl: string,
  settings: ProviderSettings,
  wanted: string[],
): Record<string, string> {
  // A kind may name a family: `CSP_*` stands for csp-a, csp-b, ...
  const families = wanted.map((name) => `${upper(name).replace(/_\*$/, '')}_`);
  const isWanted = (party: string): boolean => families.some((family) => `${upper(party)}_`.startsWith(family));
  const named = Object.entries(settings).filter(([party]) => isWanted(party));
  const variables = named.flatMap(([party, own]) =>
    Object.entries({ URL: `${simulatorUrl}/${party}`, ...PACE, ...own }).map(
      ([setting, value]) => [`PROVIDER_${upper(party)}_${setting}`, value] as const,
    ),
  );
  return Object.fromEntries(variables);
}

/** The third parties that our kinds speak to. */
export async function providersOfKinds(): Promise<string[]> {
  const contracts = await discoverContracts();
  return [...new Set(contracts.flatMap((contract) => contract.providers))];
}

const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_');

/** An empty variable counts as not given. */
export function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}
