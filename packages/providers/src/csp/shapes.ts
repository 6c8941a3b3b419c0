import { z } from 'zod';

/** A calendar day that exists, `YYYY-MM-DD`. */
export const day = z
  .string()
  .refine(isDay, { error: 'must be a date that exists, such as 2026-11-30' })
  .meta({ id: 'Day', format: 'date', examples: ['2026-11-30'] });

function isDay(text: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

const plainText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), { error: 'must not hold NUL or lone surrogates' });

/** A cloud's own id of a portfolio: it becomes part of a URL. */
export const portfolioId = z
  .string()
  .regex(/^[A-Za-z0-9._~:-]{1,128}$/, { error: 'must be 1 to 128 characters out of A-Z a-z 0-9 . _ ~ : -' })
  .refine((text) => !/^\.+$/.test(text), { error: 'must not be dots only' })
  .meta({ id: 'PortfolioId', description: "The cloud's own id of the portfolio." });

const CLASSIFICATIONS = ['UNCLASSIFIED', 'SECRET', 'TOP_SECRET'] as const;
const classificationLevel = z.enum(CLASSIFICATIONS).optional().meta({
  description: 'SECRET and TOP_SECRET have 36 times the deadline: 72 hours instead of 2.',
});

/** What pays for a CLIN of a task order: a task order at the cloud. */
export const fundingSource = z
  .strictObject({
    taskOrderNumber: plainText(50).meta({ examples: ['1234567890123'] }),
    clin: z
      .string()
      .regex(/^(?!0000)\d{4}$/, { error: 'must be four digits from 0001 to 9999' })
      .meta({ examples: ['0001'] }),
    popStartDate: day,
    popEndDate: day,
    type: z.enum(['CLOUD', 'NON_CLOUD']).optional(),
    classificationLevel,
  })
  .refine(({ popStartDate, popEndDate }) => popStartDate <= popEndDate, {
    path: ['popEndDate'],
    error: 'is before popStartDate',
  })
  .meta({ id: 'FundingSource' });

/** Who administers a portfolio: an administrator at the cloud. */
export const operator = z
  .strictObject({
    email: z.email({ error: 'must be an e-mail address' }).max(320),
    dodId: plainText(64).meta({ examples: ['1234567890'] }),
    needsReset: z.boolean().optional().meta({ description: 'false unless given.' }),
  })
  .meta({ id: 'Operator' });

export const portfolioPayload = z
  .strictObject({
    name: plainText(200).meta({ examples: ['Weather'] }),
    fundingSources: z.array(fundingSource).max(100).optional(),
    operators: z.array(operator).max(100).optional(),
    classificationLevel,
  })
  .meta({ id: 'PortfolioPayload' });

/** One call to the cloud for each, so not more than a person can follow. */
const MOST_CALLS = 50;

export const taskOrderPayload = z
  .strictObject({ fundingSources: z.array(fundingSource).min(1).max(MOST_CALLS), classificationLevel })
  .refine(({ fundingSources }) => new Set(fundingSources.map(keyOf)).size === fundingSources.length, {
    path: ['fundingSources'],
    error: 'has one task order number and CLIN twice',
  })
  .meta({ id: 'TaskOrderPayload' });

const keyOf = ({ taskOrderNumber, clin }: FundingSource): string => `${clin} ${taskOrderNumber}`;

export const operatorsPayload = z
  .strictObject({ operators: z.array(operator).min(1).max(100), classificationLevel })
  .meta({ id: 'OperatorsPayload' });

export type FundingSource = z.infer<typeof fundingSource>;
export type Operator = z.infer<typeof operator>;
export type PortfolioPayload = z.infer<typeof portfolioPayload>;

/** What the adapter reads of a provisioning or cost job; the door has judged the whole. */
const provisioning = z.object({ targetCsp: z.string() });
const requests = z.union([
  provisioning.extend({ operationType: z.literal('ADD_PORTFOLIO'), payload: portfolioPayload }),
  provisioning.extend({ operationType: z.literal('ADD_TASK_ORDER'), portfolioId, payload: taskOrderPayload }),
  provisioning.extend({ operationType: z.literal('ADD_OPERATORS'), portfolioId, payload: operatorsPayload }),
  z.object({ targetCsp: z.string(), portfolioId, startDate: z.string(), endDate: z.string() }),
]);

export type CspRequest = z.infer<typeof requests>;

/** The job in an accepted body. @throws ZodError for a body no door has let in. */
export function requestIn(body: string): CspRequest {
  return requests.parse(JSON.parse(body));
}

/** `CSP_A`: a cloud's name among the third parties, as the environment writes it (`PROVIDER_CSP_A_URL`). */
export function cspName(targetCsp: string): string {
  return targetCsp.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
}

/** 72 hours where it is 2: what is secret is provisioned by people (third-parties.md 4.1). */
const SECRET_FACTOR = 36;

/** How long a cloud may take for this job; `maxAgeMs` for what is not secret. */
export function provisionForMs(request: CspRequest, maxAgeMs: number): number {
  const levels = 'payload' in request ? levelsIn(request.payload) : [];
  return levels.some((level) => level === 'SECRET' || level === 'TOP_SECRET') ? SECRET_FACTOR * maxAgeMs : maxAgeMs;
}

function levelsIn(payload: { classificationLevel?: string | undefined; fundingSources?: FundingSource[] | undefined }) {
  return [payload.classificationLevel, ...(payload.fundingSources ?? []).map((source) => source.classificationLevel)];
}
