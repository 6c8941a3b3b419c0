import { isUtf8 } from 'node:buffer';
import { keyedId, type Json, type JsonObject } from '@countersign/flow';
import type { HeaderFault, JsonIntake, KeyRule, KindContract, RawIntake } from '@countersign/kinds';
import { checkCallbackUrl } from '@countersign/outbound';
import { newId, type Draft } from '@countersign/store';
import { invalid } from '../problem.ts';
import { canonicalJson, fingerprint } from './canonical.ts';
import { findRoundedAmounts } from './number-digits.ts';

/** One request as the kinds see it, whatever the framework. */
export interface Incoming {
  /** The body after the schema (JSON kinds), or the bytes (documents). */
  readonly body: unknown;
  readonly text: string;
  /** What the text parses to; undefined for documents that are not JSON. */
  readonly json: Json | undefined;
  readonly contentType: string;
  readonly header: (name: string) => string | undefined;
}

/** What a kind makes of a request: the parts of a draft that do not depend on who sends it. */
export type Judged = Omit<Draft, 'clientId' | 'traceparent' | 'queued'>;

/** Judges what a schema cannot. @throws Problem invalid-request. */
export function judge(contract: KindContract, incoming: Incoming, rules: { allowPrivate: boolean }): Judged {
  const { intake, kind } = contract;
  if (intake.type === 'raw') return judgeDocument(kind, intake, incoming, rules);
  refuseRounded(intake, incoming);
  const print = fingerprint(incoming.json === undefined ? incoming.text : canonical(incoming.json));
  const callbackUrl = intake.callbackUrl(incoming.body);
  return {
    id: newId(),
    kind,
    naturalId:
      intake.key.from === 'body' ? intake.key.naturalId(incoming.body) : keyOf(intake.key, incoming, () => print),
    fingerprint: print,
    body: incoming.text,
    contentType: incoming.contentType,
    callbackUrl: callbackUrl === undefined ? null : guarded(callbackUrl, '/callbackUrl', rules),
  };
}

/** Kept byte for byte and judged by the worker. Compared as canonical JSON where it is JSON, else as bytes. */
function judgeDocument(kind: string, intake: RawIntake, incoming: Incoming, rules: { allowPrivate: boolean }): Judged {
  // The parser for documents gives nothing else.
  const bytes = Buffer.isBuffer(incoming.body) ? incoming.body : NOTHING;
  if (bytes.length === 0) throw invalid({ pointer: '', detail: 'is empty; send a document' });
  const facts = intake.facts?.(incoming.header);
  if (facts && isFault(facts)) throw invalid({ pointer: `/headers/${facts.header}`, detail: facts.fault });
  const callbackUrl = incoming.header('callback-url');
  return {
    id: newId(),
    kind,
    naturalId: keyOf(intake.key, incoming, () => fingerprint(bytes)),
    fingerprint: printOfDocument(bytes, incoming.contentType),
    body: '',
    bytes,
    ...(facts ? { facts } : {}),
    contentType: incoming.contentType,
    callbackUrl: callbackUrl === undefined ? null : guarded(callbackUrl, '/headers/callback-url', rules),
  };
}

const NOTHING = Buffer.alloc(0);

function isFault(facts: JsonObject | HeaderFault): facts is HeaderFault {
  return typeof facts['header'] === 'string' && typeof facts['fault'] === 'string';
}

function printOfDocument(bytes: Buffer, contentType: string): string {
  if (!/^application\/json\b/i.test(contentType) || !isUtf8(bytes)) return fingerprint(bytes);
  try {
    // Whatever parses is JSON: the type says no more than that.
    return fingerprint(canonicalJson(JSON.parse(bytes.toString('utf8')) as Json));
  } catch {
    // No JSON, or too deep to be compared as such: the worker will say so.
    return fingerprint(bytes);
  }
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

function keyOf(key: Exclude<KeyRule, { from: 'body' }>, incoming: Incoming, digest: () => string): string {
  return headerKey(key, incoming.header('idempotency-key')) ?? keyedId(digest());
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

function guarded(url: string, pointer: string, rules: { allowPrivate: boolean }): string {
  const verdict = checkCallbackUrl(url, rules);
  if ('refused' in verdict) throw invalid({ pointer, detail: verdict.refused });
  return verdict.url;
}
