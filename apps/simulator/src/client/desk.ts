import type { Ground } from '../party.ts';
import type { Tally } from '../tally.ts';
import type { ClientRule } from './behaviours.ts';
import type { Callback, Verifier } from './callbacks.ts';

/** How the demo client begins. */
export interface ClientOptions {
  /** Secrets known from the start; more by `POST /_sim/client/secrets`. */
  readonly secrets?: readonly string[];
  /** Told of every callback as it arrives; for a benchmark that measures to the callback. */
  readonly onCallback?: (callback: Callback) => void;
}

/** Numbers only. */
export interface ClientCounts {
  callbacks: number;
  /** Different webhook-ids. */
  distinct: number;
  unverified: number;
  types: Tally;
  answered: Tally;
}

/** The client's books for who runs it in its own process. */
export interface ClientBooks {
  counts(): Readonly<ClientCounts>;
  /** All of them in the order of arrival; or one submission's, by our id or the client's. Empty in `counts`. */
  callbacks(submission?: string): readonly Callback[];
}

/** A PUT of the original's kind: flat `{ id, status }` by its README, nested under `status` by its code. */
interface Put {
  readonly at: string;
  readonly id: string;
  readonly status: string;
}

/** What the client's routes work with. */
export interface Desk {
  readonly ground: Ground;
  readonly options: ClientOptions;
  readonly verifier: Verifier;
  readonly deliveries: Map<string, number>;
  callbacks: Callback[];
  puts: Put[];
  rules: ({ ruleId: string } & ClientRule)[];
  ruleCount: number;
  counts: ClientCounts;
}

/** The callbacks of one submission, by our id or the client's; without an id all. In the order of arrival. */
export function callbacksOf(desk: Desk, submission?: string): readonly Callback[] {
  if (submission === undefined) return desk.callbacks;
  return desk.callbacks.filter((one) => one.submissionId === submission || one.id === submission);
}
