import { keyedId, type Json } from '@countersign/flow';
import type { JsonIntake, KeyRule, KindContract } from '@countersign/kinds';
import { checkCallbackUrl } from '@countersign/outbound';
import { newId, type Draft } from '@countersign/store';
import { invalid } from '../problem.ts';
import { canonicalJson, fingerprint } from './canonical.ts';
import { findRoundedAmounts } from './number-digits.ts';

/** One request as the kinds see it, whatever the framework. */
export interface Incoming {
  /** The body after the schema (JSON kinds). */
  readonly body: unknown;
  readonly text: string;
  /** What the text parses to; undefined for documents that are not JSON. */
  readonly json: Json | undefined;
  readonly contentType: string;
  readonly header: (name: string) => string | undefined;
}

/** What a kind makes of a request: the parts of a draft that do not depend on who sends it. */
export type Judged = Pick<Draft, 'id' | 'kind' | 'naturalId' | 'fingerprint' | 'body' | 'contentType' | 'callbackUrl'>;

/** Judges what a schema cannot. @throws Problem invalid-request. */
export function judge(contract: KindContract, incoming: Incoming, { allowPrivate }: { allowPrivate: boolean }): Judged {
  const { intake, kind } = contract;
  const isJson = intake.type === 'json';
  if (isJson) refuseRounded(intake, incoming);
  const id = newId();
  const callbackUrl = isJson ? intake.callbackUrl(incoming.body) : incoming.header('callback-url');
  const print = fingerprint(isJson && incoming.json !== undefined ? canonical(incoming.json) : incoming.text);
  return {
    id,
    kind,
    naturalId: keyOf(contract, incoming, print),
    fingerprint: print,
    body: incoming.text,
    contentType: incoming.contentType,
    callbackUrl:
      callbackUrl === undefined
        ? null
        : guarded(callbackUrl, isJson ? '/callbackUrl' : '/headers/callback-url', allowPrivate),
  };
}

function refuseRounded(intake: JsonIntake, { text, body }: Incoming): void {
  const [first, ...rest] = findRoundedAmounts(text, body, intake.amounts);
  if (first) throw invalid(first, ...rest);
}

function canonical(json: Json): string {
  try {
    return canonicalJson(json);
  } catch (error) {
    if (error instanceof RangeError) throw invalid({ pointer: '', detail: `is ${error.message}` });
    throw error;
  }
}

function keyOf({ intake }: KindContract, incoming: Incoming, print: string): string {
  if (intake.key.from === 'body') return intake.key.naturalId(incoming.body);
  return headerKey(intake.key, incoming.header('idempotency-key')) ?? keyedId(print);
}

/** The natural id that the header says; a quoted key (a structured field string) is the same key as the bare one. */
export function headerKey(key: Exclude<KeyRule, { from: 'body' }>, given: string | undefined): string | undefined {
  if (given === undefined && key.from === 'header-or-digest') return undefined;
  const bare = given?.replace(/^"(.*)"$/, '$1');
  if (bare !== undefined && key.pattern.test(bare)) return keyedId(bare);
  const detail =
    given === undefined ? `is required: ${key.expected} (see /docs)` : `must be one key of ${key.expected}`;
  throw invalid({ pointer: '/headers/idempotency-key', detail });
}

function guarded(url: string, pointer: string, allowPrivate: boolean): string {
  const verdict = checkCallbackUrl(url, { allowPrivate });
  if ('refused' in verdict) throw invalid({ pointer, detail: verdict.refused });
  return verdict.url;
}
