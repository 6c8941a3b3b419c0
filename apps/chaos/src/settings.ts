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
  // Longer than the longest fault and the sweep's 15 s together, as a day is: else one unlucky last look would be the end.
  pollMaxAgeMs: 26_000,
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
  readonly thirdPartyPort: number;
  /** By party and setting: what the simulator says Countersign must be told. */
  readonly parties: Readonly<Record<string, Readonly<Record<string, string>>>>;
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
    ...Object.fromEntries(PARTIES.flatMap((party) => Object.entries(partyOf(party, at)))),
    PROVIDER_REGISTRY_CONCURRENCY: '500',
    ...PAYOUTS,
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(WORKER|CALLBACK|PROVIDER)_/.test(name))),
  };
}

const PARTIES = ['registry', 'tax', 'warehouse', 'on-ramp', 'off-ramp', 'bank', 'csp-a', 'csp-b'] as const;

/** One third party: its address, what the simulator wants to be told, and small delays. */
function partyOf(party: string, { thirdPartyPort, parties }: Addresses): Record<string, string> {
  const prefix = `PROVIDER_${party.toUpperCase().replaceAll('-', '_')}_`;
  const said = Object.entries(parties[party] ?? {}).filter(([name]) => SAID.has(name));
  const delays = {
    URL: `http://127.0.0.1:${thirdPartyPort}/${party}`,
    TIMEOUT_MS: SETTINGS.timeoutMs,
    RETRIES: SETTINGS.retries,
    RETRY_DELAY_MS: SETTINGS.retryDelayMs,
    POLL_FIRST_MS: 100,
    POLL_SECOND_MS: 10,
    POLL_MAX_DELAY_MS: 2_000,
    POLL_MAX_AGE_MS: SETTINGS.pollMaxAgeMs,
  };
  return Object.fromEntries(
    [...Object.entries(delays), ...said].map(([name, value]) => [`${prefix}${name}`, String(value)]),
  );
}

const SAID = new Set(['API_KEY', 'WEBHOOK_SECRET', 'WEBHOOK_PUBLIC_KEY', 'DEBTOR_NAME', 'DEBTOR_IBAN', 'DEBTOR_BIC']);

/** A shard's owner that is killed is followed within seconds; everything else in proportion to the contract's 30, 20 and 10 s. */
const PAYOUTS = {
  PAYOUT_SHARDS: '2',
  PAYOUT_LEASE_MS: '6000',
  PAYOUT_RENEW_MS: '2000',
  PAYOUT_RETAKE_MS: '1000',
  PAYOUT_IDLE_MS: '250',
  PAYOUT_RETRY_WINDOW_MS: '2000',
  PAYOUT_MESSAGES_MS: '1000',
  PAYOUT_READINESS_MS: '1000',
};

function through(url: string, port: number): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(port);
  return changed.href;
}
