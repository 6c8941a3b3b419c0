import type { Settings } from './ledger.ts';

/**
 * Whole lives in seconds: the registry's 120 s are 3 s here, and everything else is in proportion. The product waits 2 s longer,
 * which is its own margin at full scale too (the way there, the time between intent and call): machines do not shrink.
 */
export const SETTINGS: Settings = {
  windowMs: 3_000,
  retryDelayMs: 5_000,
  retries: 3,
  timeoutMs: 1_000,
  pollMaxAgeMs: 12_000,
  quietWithinMs: 90_000,
};

/** 3 s / 120 s: the simulator's own delays, written for real time, shrink alike. */
export const TIME_SCALE = SETTINGS.windowMs / 120_000;

export const ADMIN_KEY = 'chaos-admin-key-0123456789abcdef';

export interface Addresses {
  readonly redisPort: number;
  readonly postgresPort: number;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly registryPort: number;
  readonly frontPort: number;
}

/** What API and worker are told: small delays, their stores and third party behind the harness's links. */
export function environmentOf(at: Addresses): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '',
    NODE_ENV: 'production',
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    PUBLIC_URL: `http://127.0.0.1:${at.frontPort}`,
    REDIS_URL: through(at.redisUrl, at.redisPort),
    DATABASE_URL: through(at.databaseUrl, at.postgresPort),
    ADMIN_API_KEY: ADMIN_KEY,
    CALLBACK_ALLOW_PRIVATE: 'true',
    CALLBACK_TIMEOUT_MS: '1500',
    CALLBACK_RETRIES: '5',
    CALLBACK_RETRY_SCHEDULE_MS: '500,1000,2000,4000,8000',
    RATE_LIMIT_PER_SECOND: '100000',
    PROVIDER_REGISTRY_URL: `http://127.0.0.1:${at.registryPort}/registry`,
    PROVIDER_REGISTRY_TIMEOUT_MS: String(SETTINGS.timeoutMs),
    PROVIDER_REGISTRY_RETRIES: String(SETTINGS.retries),
    PROVIDER_REGISTRY_RETRY_DELAY_MS: String(SETTINGS.retryDelayMs),
    PROVIDER_REGISTRY_POLL_FIRST_MS: '100',
    PROVIDER_REGISTRY_POLL_SECOND_MS: '10',
    PROVIDER_REGISTRY_POLL_MAX_DELAY_MS: '2000',
    PROVIDER_REGISTRY_POLL_MAX_AGE_MS: String(SETTINGS.pollMaxAgeMs),
    PROVIDER_REGISTRY_CONCURRENCY: '500',
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(WORKER|CALLBACK|PROVIDER)_/.test(name))),
  };
}

function through(url: string, port: number): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(port);
  return changed.href;
}
