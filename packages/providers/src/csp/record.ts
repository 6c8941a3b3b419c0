import type { Json, JsonObject } from '@countersign/flow';
import type { Sent } from '../third-party.ts';
import type { CspCall, CspField } from './call.ts';
import { exactJson, listIn, objectIn } from './exact-json.ts';
import { fromCosts, fromPortfolio, fromStatus, fromTaskOrder } from './from-csp.ts';

/** Longer answers are mapped whole, but kept raw only up to here: a resource carries them in every callback. */
const MOST_RAW = 64 * 1024;

/** What is kept of a call that was answered, or was not: part of the resource and of the result. */
export function record(call: CspCall, sent: Sent, read: Read): JsonObject {
  const { result } = sent;
  const status = result.type === 'answer' ? result.statusCode : null;
  return {
    ...read,
    $metadata: { status, request: { method: call.method, path: call.path, body: call.body ?? null } },
    ...(result.type === 'answer' ? { raw: rawOf(result.body) } : {}),
  };
}

/** What an answer says, in our words; `details` where it says less than it should. */
export type Read = {
  readonly [Field in CspField | 'status']?: Json;
} & { readonly location?: string; readonly details?: string };

/** JSON as it is (exact), anything else as text. */
function rawOf(body: string): Json {
  if (body.length > MOST_RAW) return `${body.slice(0, MOST_RAW)} … (${body.length} characters)`;
  return exactJson(body) ?? body;
}

/** Reads a finished answer. undefined: it is not what they should answer. */
export function readAnswer(field: CspField, body: string): Read | undefined {
  const json = exactJson(body);
  const found = readers[field](json);
  return found === undefined ? undefined : { [field]: found };
}

const readers: Readonly<Record<CspField, (json: Json | undefined) => Json | undefined>> = {
  portfolio: fromPortfolio,
  costs: fromCosts,
  fundingSources: (json) =>
    objectIn(json) && 'task_order_number' in (objectIn(json) ?? {}) ? listIn(json).flatMap(fromTaskOrder) : undefined,
};

export function readStatus(body: string): JsonObject | undefined {
  return fromStatus(exactJson(body));
}
