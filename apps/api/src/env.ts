import type { KindContract } from '@countersign/kinds';
import {
  archiveFields,
  commaList,
  everyProcess,
  flag,
  port,
  readProcess,
  text,
  trustedProxies,
  url,
  wholeNumber,
  type Env,
  type EnvProblem,
  type ProcessSettings,
  type Reading,
} from '@countersign/process';
import { z } from 'zod';

const schema = z.object({
  ...everyProcess,
  PORT: port().default(3000),
  TRUST_PROXY: trustedProxies().optional(),
  PUBLIC_URL: url('http', 'https').optional(),
  ...archiveFields,
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
});

export type ApiEnv = z.output<typeof schema>;

/** Everything the door reads, judged together with the third parties its kinds name. */
export function readApiEnv(env: Env, contracts: readonly KindContract[]): Reading<ProcessSettings<ApiEnv>> {
  const names = contracts.flatMap(({ providers, webhooks }) => [
    ...providers,
    ...webhooks.map((webhook) => webhook.provider),
  ]);
  return readProcess(schema, env, names, halfOidc);
}

function halfOidc({ OIDC_ISSUER, OIDC_AUDIENCE }: ApiEnv): EnvProblem[] {
  if ((OIDC_ISSUER === undefined) === (OIDC_AUDIENCE === undefined)) return [];
  const variable = OIDC_ISSUER === undefined ? 'OIDC_ISSUER' : 'OIDC_AUDIENCE';
  return [{ variable, given: undefined, expected: 'a value, since OIDC_ISSUER and OIDC_AUDIENCE belong together' }];
}
