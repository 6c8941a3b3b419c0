/** Every way we say no: slug → status and title. The slug ends the problem's `type` and never changes (contract section 3). */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'Who are you?' },
  forbidden: { status: 403, title: 'The key may not do this' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'not-acceptable': { status: 406, title: 'No acceptable representation' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'duplicate-request': { status: 409, title: 'The idempotency key was used before' },
  conflict: { status: 409, title: 'The state does not allow this' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The media type is not supported' },
  'idempotency-key-reuse': { status: 422, title: 'The idempotency key was used with another body' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The header fields are too large' },
  'internal-error': { status: 500, title: 'Something broke on our side' },
  unavailable: { status: 503, title: 'Not available right now' },
} as const;

export type Slug = keyof typeof PROBLEMS;

/** One thing that is wrong with the input. `pointer` is a JSON pointer into the body, or `/query/…`, `/headers/…`, `/path/…`. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

interface More {
  readonly errors?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Members beside the standard ones, such as `existing` of a duplicate. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Thrown anywhere in a request; the error handler turns it into the answer. `detail` is written for the caller. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly slug: Slug;
  readonly more: More;
  constructor(slug: Slug, detail: string, more: More = {}) {
    super(detail, { cause: more.cause });
    this.slug = slug;
    this.more = more;
  }
}

export function invalid(...errors: readonly [Fault, ...Fault[]]): Problem {
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const { pointer, detail } = errors[0];
  return new Problem('invalid-request', `${pointer || 'The body'}: ${detail}${more}`, { errors });
}

/** What a `Retry-After` of ours says, in seconds: our own stores are back, or the load gone, in a moment or not soon. */
export const RETRY_AFTER_SECONDS = 1;

export function unavailable(detail: string, cause?: unknown): Problem {
  return new Problem('unavailable', detail, { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) }, cause });
}

/** The RFC 9457 document. */
export function problemText(
  slug: Slug,
  detail: string,
  requestId: string,
  more: Pick<More, 'errors' | 'members'> = {},
): string {
  return JSON.stringify({
    type: `urn:countersign:problem:${slug}`,
    title: PROBLEMS[slug].title,
    status: PROBLEMS[slug].status,
    detail,
    instance: `urn:countersign:request:${requestId}`,
    requestId,
    ...(more.errors ? { errors: more.errors } : {}),
    ...more.members,
  });
}

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8';
