import type { KindContract } from '@countersign/kinds';
import {
  commaList,
  everyProcess,
  flag,
  joinReadings,
  port,
  readEnv,
  readProviders,
  text,
  url,
  wholeNumber,
  type Env,
  type Reading,
} from '@countersign/process';
import { z } from 'zod';

const schema = z.object({
  ...everyProcess,
  PORT: port().default(3000),
  HOST: text().default('127.0.0.1').describe('an address to listen on, such as 127.0.0.1 or 0.0.0.0'),
  ADMIN_API_KEY: text(16, 1_000).optional().describe('an administrator key of at least 16 characters'),
  CALLBACK_ALLOW_PRIVATE: flag().default(false),
  CORS_ORIGINS: commaList()
    .pipe(z.array(z.string().refine((origin) => URL.canParse(origin) && new URL(origin).origin === origin)))
    .default([])
    .describe('a comma list of origins such as https://app.example.com, without paths'),
  OIDC_ISSUER: url('https', 'http').optional(),
  OIDC_AUDIENCE: text().optional(),
  RATE_LIMIT_PER_SECOND: wholeNumber(1, 1_000_000).default(5_000),
  AUTH_FAILURES_PER_MINUTE: wholeNumber(1, 1_000_000).default(300),
  DATABASE_POOL_SIZE: wholeNumber(1, 200, 'connections').optional(),
});

export type ApiEnv = z.output<typeof schema>;

/** Everything the door reads, judged together with the third parties its kinds name. */
export function readApiEnv(
  env: Env,
  contracts: readonly KindContract[],
): Reading<{ own: ApiEnv; providers: NonNullable<ReturnType<typeof readProviders>['value']> }> {
  const own = readEnv(schema, env);
  const half = own.value && (own.value.OIDC_ISSUER === undefined) !== (own.value.OIDC_AUDIENCE === undefined);
  const missing = own.value?.OIDC_ISSUER === undefined ? 'OIDC_ISSUER' : 'OIDC_AUDIENCE';
  const problems = half
    ? [
        {
          variable: missing,
          given: undefined,
          expected: 'a value, since OIDC_ISSUER and OIDC_AUDIENCE belong together',
        },
      ]
    : [];
  const names = [
    ...new Set(
      contracts.flatMap((contract) => [...contract.providers, ...contract.webhooks.map((webhook) => webhook.provider)]),
    ),
  ];
  return joinReadings({
    own: { ...own, problems: [...own.problems, ...problems] },
    providers: readProviders(env, names),
  });
}
