import { ask } from '@countersign/testkit';

/** Longer than this machine is likely to stand still: a call that was given up is told otherwise in the result. */
const TIMEOUT_MS = '3000';

/** The simulator's personas A to F (apps/simulator/src/csp/README.md), with small numbers. */
export const CLOUDS_ENV: Record<string, string> = Object.fromEntries(
  ['A', 'B', 'C', 'D', 'E', 'F'].flatMap((persona) => {
    const party = `csp-${persona.toLowerCase()}`;
    const settings = {
      URL: `{simulator}/${party}`,
      API_KEY: `${party}-api-key`,
      TIMEOUT_MS,
      RETRY_DELAY_MS: '500',
      POLL_MAX_DELAY_MS: '500',
      POLL_MAX_AGE_MS: '10000',
    };
    return Object.entries(settings).map(([name, value]) => [`PROVIDER_CSP_${persona}_${name}`, value]);
  }),
);

export const FUNDING = {
  taskOrderNumber: '1234567890123',
  clin: '0001',
  popStartDate: '2026-12-01',
  popEndDate: '2027-11-30',
};
export const PORTFOLIO_ID = '11111111-1111-4111-8111-111111111111';

export function job(jobId: string, more: object = {}) {
  return {
    jobId,
    userId: 'user-7',
    operationType: 'ADD_PORTFOLIO',
    targetCsp: 'CSP_A',
    payload: {
      name: `portfolio ${jobId}`,
      fundingSources: [FUNDING],
      operators: [{ email: 'ann@example.com', dodId: '1' }],
    },
    ...more,
  };
}

/** How often a cloud did it, by its own books. */
export async function effectsAt(simulator: string, party: string, page: string): Promise<number> {
  return (await ask('GET', `${simulator}/_sim/${party}/effects/${encodeURIComponent(page)}`)).json.effects ?? 0;
}
