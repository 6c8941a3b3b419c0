import {
  registrationOf,
  type JsonObject,
  type LoadedSubmission,
  type ResultDraft,
  type Verdict,
} from '@countersign/flow';
import { cspLegs, cspName, recordOf, requestIn } from '@countersign/providers';
import { z } from 'zod';
import type { BodyFault, ResultsFeed, Surroundings } from './contract.ts';

/** Which cloud: the name in its `PROVIDER_<NAME>_URL`. */
export const targetCsp = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'must be the name of a cloud, such as CSP_A' })
  .meta({ id: 'TargetCsp', description: 'A cloud this deployment knows, in any case.', examples: ['CSP_A'] });

/** Refuses a cloud the environment gives no address to, and names those it does. */
export function judgeTarget(body: { readonly targetCsp: string }, { providers }: Surroundings): readonly BodyFault[] {
  const known = providers.filter((name) => name.startsWith('CSP_')).sort();
  if (known.includes(cspName(body.targetCsp))) return [];
  const words = known.length === 0 ? 'no cloud is configured here' : `must be one of ${known.join(', ')}`;
  return [{ pointer: '/targetCsp', detail: words }];
}

/** One leg for each call to the cloud. */
export function legsOf({ body }: LoadedSubmission): { leg: string; provider: string }[] {
  const request = requestIn(body);
  return cspLegs(request).map((leg) => ({ leg, provider: cspName(request.targetCsp) }));
}

/** The end, once every call has one: the requester hears what came of each. A refusal outweighs what nobody knows. */
export function concludeCalls(submission: LoadedSubmission): Verdict | undefined {
  const legs = legsOf(submission).map(({ leg }) => registrationOf(submission, leg));
  if (legs.some((row) => row === undefined || row.status === 'PENDING')) return undefined;
  const worst = legs.find((row) => row?.status === 'REFUSED') ?? legs.find((row) => row?.status === 'UNRESOLVED');
  if (!worst) return { status: 'COMPLETED' };
  const status = worst.status === 'REFUSED' ? 'FAILED' : 'UNRESOLVED';
  return worst.failure ? { status, failure: worst.failure } : { status };
}

/** What the feed says of an end. One call: its record; several: the record of each, by its task order. */
export function resultOf(submission: LoadedSubmission, { status, failure }: Verdict): ResultDraft {
  const request = requestIn(submission.body);
  const details = failure === undefined ? {} : { details: failure.message };
  if (!('operationType' in request) || request.operationType !== 'ADD_TASK_ORDER') {
    const leg = cspLegs(request)[0] ?? '';
    return { code: codeOf(submission, status, leg), response: { ...recordOf(submission, leg), ...details } };
  }
  const calls = cspLegs(request).map((leg, at): JsonObject => {
    const row = registrationOf(submission, leg);
    const why = row?.failure ? { details: row.failure.message } : {};
    const { taskOrderNumber, clin } = request.payload.fundingSources[at] ?? { taskOrderNumber: '', clin: '' };
    return { taskOrderNumber, clin, standing: row?.status ?? 'PENDING', ...recordOf(submission, leg), ...why };
  });
  const worst = cspLegs(request).find((leg) => registrationOf(submission, leg)?.failure === failure) ?? 'taskOrder1';
  return { code: codeOf(submission, status, worst), response: { taskOrders: calls, ...details } };
}

/** What kinds of failure are in HTTP's numbers, where it is not the cloud's own number. */
const CODES: Readonly<Record<string, number>> = {
  NO_END_IN_SIGHT: 504,
  PROVISIONING_FAILED: 500,
  NO_STATUS_URL: 500,
  JOB_NOT_FOUND: 404,
  UNREADABLE: 502,
  PROCESSING_GIVEN_UP: 500,
};

/** 200 when it came about; else the cloud's last number, 504 where it was silent and 502 where it could not be reached. */
function codeOf(submission: LoadedSubmission, status: Verdict['status'], leg: string): number {
  if (status === 'COMPLETED') return 200;
  const known = CODES[registrationOf(submission, leg)?.failure?.code ?? ''];
  if (known !== undefined) return known;
  const record = recordOf(submission, leg);
  if (!record) return 500;
  const metadata = record['$metadata'];
  const said = metadata instanceof Object && 'status' in metadata ? metadata['status'] : null;
  if (typeof said === 'number') return said >= 400 ? said : 500;
  return String(record['details']).startsWith('timeout') ? 504 : 502;
}

const anything = z.unknown();

/** What is kept of one call to a cloud: in the resource and in the result. */
export const callRecord = {
  details: z.string().optional().meta({ description: 'What went wrong, or was missing.' }),
  status: z.looseObject({ status: z.string() }).optional().meta({ description: "The job's last status there." }),
  location: z.string().optional().meta({ description: 'Where that status is told.' }),
  $metadata: z
    .object({
      status: z.int().nullable().meta({ description: "The cloud's HTTP status; null where it did not answer." }),
      request: z.object({ method: z.string(), path: z.string(), body: anything }),
    })
    .optional()
    .meta({ description: 'The call as it was made.' }),
  raw: anything
    .optional()
    .meta({ description: 'The answer as it came, up to 64 kB, with all that has no name of ours.' }),
};

/** The feed of a kind whose records have these fields. */
export function feedOf(response: z.ZodType): ResultsFeed {
  return {
    response,
    resolved: ({ status, reason }) => ({ code: status === 'COMPLETED' ? 200 : 500, response: { details: reason } }),
  };
}
