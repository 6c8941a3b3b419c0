import { discoverContracts } from '@countersign/kinds';

/** What the processes of `pnpm dev` are told; whatever the person gave wins. */
export type Told = {
  given: NodeJS.ProcessEnv;
  apiPort: number;
  workerHealthPort: number;
  redisUrl: string;
  databaseUrl: string;
  adminKey: string;
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
    CALLBACK_ALLOW_PRIVATE: 'true',
    WORKER_HEALTH_PORT: String(told.workerHealthPort),
    ...withoutEmpty(told.given),
    PORT: String(told.apiPort),
    REDIS_URL: told.redisUrl,
    DATABASE_URL: told.databaseUrl,
  };
}

/** `PROVIDER_REGISTRY_URL=…/registry` and so on, for every third party of our kinds that lives in the simulator. */
export function providersIn(simulatorUrl: string, parties: string[], wanted: string[]): Record<string, string> {
  const names = wanted.filter((name) => parties.includes(name));
  return Object.fromEntries(
    names.map((name) => [`PROVIDER_${name.toUpperCase().replaceAll('-', '_')}_URL`, `${simulatorUrl}/${name}`]),
  );
}

/** The third parties that our kinds speak to. */
export async function providersOfKinds(): Promise<string[]> {
  const contracts = await discoverContracts();
  return [...new Set(contracts.flatMap((contract) => contract.providers))];
}

/** An empty variable counts as not given. */
export function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}
