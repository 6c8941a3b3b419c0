import { STANDINGS, STATUSES } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import type { Scope } from '@countersign/store';
import { z } from 'zod';
import { PROBLEMS, type Slug } from '../problem.ts';

/** RFC 3339 in UTC with milliseconds, as we write them; what we read may have any offset and precision. */
const time = z.string().meta({ format: 'date-time', examples: ['2026-11-20T12:00:00.000Z'] });
export const status = z.enum(STATUSES).meta({ id: 'Status' });

export const problemSchema = z
  .object({
    type: z.string().meta({ examples: ['urn:countersign:problem:invalid-request'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457. `type` ends in a slug that never changes.' });

const violation = z.object({
  detail: z.string(),
  pointer: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
  rule: z.string().optional(),
});
const failure = z
  .object({
    code: z.string(),
    provider: z.string().optional(),
    message: z.string(),
    violations: z.array(violation).optional(),
  })
  .meta({ id: 'Failure' });

const registration = z
  .object({
    provider: z.string(),
    status: z.enum(STANDINGS),
    reference: z.string().nullable(),
    attempts: z.int(),
    updatedAt: time,
  })
  .meta({ id: 'Registration', description: "How it stands in one third party's books." });

const built = new Map<KindContract, z.ZodType>();

/** The resource of contract section 3.2, with the fields its kind adds. For the docs: answers are built as text by flow. */
export function resourceSchema(contract: KindContract): z.ZodType {
  const known = built.get(contract);
  if (known) return known;
  const fields = Object.entries(contract.resourceFields ?? {}).map(([name, field]) => [name, field.optional()]);
  const schema = z
    .object({
      id: z.string(),
      submissionId: z.uuid(),
      kind: z.literal(contract.kind),
      status,
      version: z.int(),
      createdAt: time,
      updatedAt: time,
      settledAt: time.nullable(),
      error: failure.nullable(),
      // Each value is a schema the contract gave.
      ...(Object.fromEntries(fields) as Record<string, z.ZodType>),
      registrations: z.array(registration),
      request: contract.intake.type === 'json' ? contract.intake.body : z.null(),
      links: z.object({ self: z.string(), timeline: z.string() }),
    })
    .meta({ id: contract.kind.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase()) });
  built.set(contract, schema);
  return schema;
}

export const timelineSchema = z
  .object({
    data: z.array(
      z.object({
        at: time,
        type: z.string(),
        provider: z.string().optional(),
        attempt: z.int().optional(),
        requestId: z.string().optional(),
        statusCode: z.int().optional(),
        durationMs: z.number().optional(),
        error: z.string().optional(),
        from: z.string().optional(),
        to: z.string().optional(),
        actor: z.string().optional(),
        reason: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Timeline', description: 'Everything that happened, oldest first.' });

export interface Docs {
  readonly summary: string;
  readonly tags: readonly string[];
  readonly description?: string;
  readonly scope?: Scope;
  /** Besides those every route may answer: 401, 403 (where a scope is needed), 429, 500 and 503. */
  readonly problems?: readonly Slug[];
}

interface Schema {
  readonly body?: z.ZodType;
  readonly params?: z.ZodType;
  readonly querystring?: z.ZodType;
  readonly headers?: z.ZodType;
  readonly consumes?: readonly string[];
  readonly response?: Readonly<Record<number, z.ZodType>>;
}

/** Adds what readers of the docs need to a route's schema; the schema itself goes on typing and validating. */
export function documented<S extends Schema>(schema: S & Docs) {
  const { scope, problems = [], response = {}, tags, ...rest } = schema;
  const always: readonly Slug[] = scope
    ? ['unauthenticated', 'forbidden', 'rate-limited', 'unavailable']
    : ['unavailable'];
  const answers = Object.fromEntries(
    [...new Set([...problems, ...always])].map((slug) => [PROBLEMS[slug].status, problemAnswer(slug)]),
  );
  return {
    ...rest,
    tags: [...tags],
    ...(scope ? { security: [{ bearer: [scope] }] } : { security: [] }),
    response: { ...answers, ...response },
  };
}

function problemAnswer(slug: Slug) {
  return {
    description: `${slug}: ${PROBLEMS[slug].title}`,
    content: { 'application/problem+json': { schema: problemSchema } },
  };
}

/** `?from=…&to=…`: any RFC 3339 time, as milliseconds. */
export const instant = z
  .string()
  .refine(isRealTime, { error: 'must be a time such as 2026-11-20T12:00:00Z' })
  .meta({ format: 'date-time' });

/** `Date` rolls 30 February over to March; a round trip of the date's digits shows it. */
function isRealTime(text: string): boolean {
  const [, year = '', month = '', day = ''] =
    /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i.exec(text) ?? [];
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return (
    Number(year) > 0 &&
    new Date(at).toISOString().startsWith(`${year}-${month}-${day}`) &&
    !Number.isNaN(Date.parse(text))
  );
}

export function limitUpTo(max: number, byDefault = Math.min(100, max)) {
  const words = `must be a whole number from 1 to ${max}`;
  return z
    .string()
    .regex(/^\d{1,6}$/, { error: words })
    .refine((text) => Number(text) >= 1 && Number(text) <= max, { error: words })
    .default(String(byDefault))
    .meta({ description: `1 to ${max}; ${byDefault} unless given.` });
}

/** Text for people that PostgreSQL can keep: neither NUL nor half a character. */
export function words(max: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), { error: 'must not hold NUL or lone surrogates' });
}

/** What may have to come out of the archive has this long; every refusal is said within 15 s. */
export const OLD_WITHIN_MS = 14_500;

export const cursor = z.string().min(1).max(1_000).meta({ description: '`nextCursor` of the page before, as it was.' });
