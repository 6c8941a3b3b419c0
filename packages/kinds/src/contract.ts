import type { Definition, Json, JsonObject, Plan, ResultDraft, Word } from '@countersign/flow';
import type { Neighbour, ProviderSettings, Way } from '@countersign/providers';
import type { z } from 'zod';

/** A kind as the worker sees it: its plan, and the third parties it needs. */
export interface KindPlan extends Plan {
  readonly neighbours: readonly Neighbour[];
}

/** A kind as the door sees it: everything the API needs to accept, show and document it. Loaded without its plan. */
export interface KindContract<Body = unknown> {
  /** The kind's name in resources, tickets and tables: `transaction`. */
  readonly kind: string;
  /** Its place in URLs: `transactions` → `/v1/transactions`. */
  readonly path: string;
  /** One line for the docs: `A transaction to be kept by the registry`. */
  readonly summary: string;
  readonly intake: JsonIntake<Body> | RawIntake;
  /** The answer to the first acceptance and to its replays: 202, or 201 where the kind's clients expect that. */
  readonly acceptedStatus: 201 | 202;
  /** Same key, same body: `same` answers the resource with `Idempotency-Replayed: true`, `conflict` 409 with the first. */
  readonly onReplay: 'same' | 'conflict';
  /** Same key, other body. */
  readonly onReuse: 409 | 422;
  /** Third parties it registers at, by name, for metrics and docs. */
  readonly providers: readonly string[];
  /** What those third parties may post to us. */
  readonly webhooks: readonly WebhookContract[];
  /** Which callbacks its clients get: `<kind>.<word>` for each. */
  readonly callbacks: readonly CallbackWord[];
  /** Top-level fields the kind adds to its resource (`onRampTxId`): for the docs only, answers are built by flow. */
  readonly resourceFields?: Readonly<Record<string, z.ZodType>>;
  /** Largest `limit` of its list; 1,000 unless told. */
  readonly maxListLimit?: number;
  /** What administrators define for this kind while everything runs. */
  readonly definitions?: DefinitionContract;
  /** For clients that cannot receive callbacks: finished results are kept to be fetched. Its plan has a `result` then. */
  readonly feed?: ResultsFeed;
  /** What a client may ask for before it submits, and submit on then. */
  readonly offer?: OfferContract;
}

/** Something third parties promise a client for a while, such as a quote: asked by the door, kept with the client. */
export interface OfferContract<Question = unknown> {
  /** Its place in URLs: `quotes` → `POST /v1/quotes`. */
  readonly path: string;
  /** What it is called to people: `quote`. */
  readonly name: string;
  readonly summary: string;
  readonly body: z.ZodType<Question>;
  readonly amounts: readonly string[];
  /** Its fields beside `id`, `createdAt` and `expiresAt`. */
  readonly response: z.ZodObject;
  /** The property of a submission's body that names one: `quoteId`. */
  readonly namedBy: string;
  ask(question: Question, town: Town): Promise<Offer>;
  /** Why a submission with this body cannot be made on it; undefined: it can. */
  readonly mismatch: (terms: JsonObject, body: unknown) => BodyFault | undefined;
  /** The top-level fields a submission made on it begins with. */
  readonly facts: (offer: { readonly id: string; readonly expiresAt: string }, terms: JsonObject) => JsonObject;
}

/** The way to third parties, for those few questions the door asks itself. */
export interface Town {
  /** undefined: the environment gives no address for it. */
  readonly settings: (provider: string) => ProviderSettings | undefined;
  readonly way: Way;
}

export type Offer =
  | {
      readonly type: 'offer';
      /** What is kept. */
      readonly terms: JsonObject;
      /** What the client sees of it. */
      readonly shown: JsonObject;
      readonly holdsForMs: number;
    }
  | { readonly type: 'refused'; readonly fault: BodyFault }
  /** Nobody there who could promise anything: 503. */
  | { readonly type: 'away'; readonly provider: string };

/** What the door must know of a kind's results feed. */
export interface ResultsFeed {
  /** The `response` of a result, for the docs. */
  readonly response: z.ZodType;
  /** The result of an end that no third party told, but an operator. */
  readonly resolved: (verdict: { readonly status: 'COMPLETED' | 'FAILED'; readonly reason: string }) => ResultDraft;
}

/** What the environment knows and a body may be judged by. */
export interface Surroundings {
  /** Third parties with an address: their names, such as `CSP_A`. */
  readonly providers: readonly string[];
}

/** One thing that is wrong with a body. */
export interface BodyFault {
  /** JSON pointer into the body. */
  readonly pointer: string;
  readonly detail: string;
}

export type CallbackWord = 'pending' | 'completed' | 'failed' | 'unresolved' | 'returned';

/** A JSON body, judged by its schema at the door and kept exactly as it was sent. */
export interface JsonIntake<Body = unknown> {
  readonly type: 'json';
  /** Validates, types and documents: use strict objects with `.meta({ id, description, examples })`. */
  readonly body: z.ZodType<Body>;
  readonly key: KeyRule<Body>;
  /** Top-level properties that are amounts: where they came as JSON numbers, their digits as sent are counted (at most 15). */
  readonly amounts: readonly string[];
  /** Where this submission's callbacks go; undefined = the client's default. Checked by the door (https, no private address). */
  callbackUrl(body: Body): string | undefined;
  /** What a schema cannot judge: whether the third party it names is one we have. */
  judge?(body: Body, surroundings: Surroundings): readonly BodyFault[];
  /** In bytes; 256 KiB unless told. */
  readonly bodyLimit?: number;
}

/** A document kept as bytes and judged by the worker (receipts). The callback's URL comes by the header `Callback-Url`. */
export interface RawIntake {
  readonly type: 'raw';
  readonly contentTypes: readonly string[];
  readonly key: Exclude<KeyRule, { readonly from: 'body' }>;
  readonly bodyLimit?: number;
  /** The headers that `facts` reads, in lower case, with what they mean, for the docs. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Top-level fields of the resource that headers give. */
  readonly facts?: (header: (name: string) => string | undefined) => JsonObject | HeaderFault;
}

/** Things of a kind that administrators define at run time, with versions: `PUT /v1/<path>/{name}` and `POST …/{name}/try`. */
export interface DefinitionContract {
  /** Its place in URLs: `receipt-types`. */
  readonly path: string;
  /** For people: `receipt type`. */
  readonly noun: string;
  readonly name: RegExp;
  readonly body: z.ZodType;
  /** The version of that name that comes with the code; 0: none does. */
  readonly after: (name: string) => number;
  /** All that count: what was defined, and what comes with the code. */
  readonly all: (
    defined: readonly Definition[],
  ) => readonly { readonly name: string; readonly version: number; readonly body: unknown }[];
  /** What no schema of a body can see; empty: it may be kept. */
  readonly check: (
    name: string,
    body: Json,
  ) => Promise<readonly { readonly pointer: string; readonly detail: string }[]>;
  /** Tries a document against one, without submitting it. */
  readonly tries: {
    readonly contentTypes: readonly string[];
    readonly bodyLimit: number;
    readonly run: (
      definition: { readonly name: string; readonly version: number; readonly body: unknown },
      paper: { readonly bytes: Uint8Array; readonly contentType: string },
    ) => Promise<unknown>;
  };
}

/** What is wrong with a header: 400. */
export interface HeaderFault {
  /** In lower case. */
  readonly header: string;
  readonly fault: string;
}

/** How the idempotency key of a submission is found. Without a key in the body the submission is named by our id. */
export type KeyRule<Body = unknown> =
  // A method, not a property: a contract of one body type must fit into a list of contracts.
  | { readonly from: 'body'; naturalId(body: Body): string }
  /** Header `Idempotency-Key`, refused with 400 when absent or not of this shape. */
  | { readonly from: 'header'; readonly pattern: RegExp; readonly expected: string }
  /** Header `Idempotency-Key`; absent: SHA-256 of the bytes. */
  | { readonly from: 'header-or-digest'; readonly pattern: RegExp; readonly expected: string };

/** What one third party may post to us about a submission of this kind, and how it proves that it is the one. */
export interface WebhookContract {
  /** Its name in the URL: `/webhooks/{provider}`, `/webhooks/{provider}/{token}` where the token is the proof. */
  readonly provider: string;
  readonly summary: string;
  readonly proof: TokenProof | SignatureProof;
  /** Reads the body once it is proven; a string says what is malformed (400). */
  readonly parse: (body: unknown) => WebhookNews | WebhookRing | WebhookSubmission | WebhookIgnored | string;
  /** The schema of the body, for the docs. */
  readonly body: z.ZodType;
  /** What we answer when it is kept: `{ status: 204 }`, `{ status: 200, body: '{"ok":true}' }`. */
  readonly answer: { readonly status: 200 | 202 | 204; readonly body?: string };
}

/** An unguessable token in the URL, made with the deployment's secret (kept in the cellar). */
export interface TokenProof {
  readonly type: 'token';
  /** The submission the token was made for; undefined = forged. Constant time. */
  readonly submissionOf: (secret: Uint8Array, token: string) => string | undefined;
}

/** A signature over the raw bytes, with what `PROVIDER_<NAME>_WEBHOOK_SECRET` / `_WEBHOOK_PUBLIC_KEY` say. */
export interface SignatureProof {
  readonly type: 'signature';
  readonly setting: 'WEBHOOK_SECRET' | 'WEBHOOK_PUBLIC_KEY';
  /** false = forged or stale (401). Constant time. `header` gives one header's value by its name in any case. */
  readonly verify: (
    raw: Uint8Array,
    header: (name: string) => string | undefined,
    setting: string,
    nowMs: number,
  ) => boolean;
}

/** A webhook that speaks of no submission: it rings a bell, and whoever listens for it in the worker goes and looks. */
export interface WebhookRing {
  readonly rings: string;
}

/** A webhook that hands over new work: a body as `POST /v1/<kind>` takes it, of the client in `PROVIDER_<NAME>_CLIENT_ID` or a built-in one. */
export interface WebhookSubmission {
  readonly submits: unknown;
}

/** A webhook that is genuine and none of our business: 2xx, or they would go on sending it. */
export interface WebhookIgnored {
  readonly ignores: string;
}

/** What a webhook says: whose standing, in which leg, and the third party's word in ours. */
export interface WebhookNews {
  readonly submissionId: string;
  readonly leg: string;
  readonly word: Word;
}
