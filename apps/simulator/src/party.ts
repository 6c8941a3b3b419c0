import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Timers } from './timers.ts';

/** One request on its way to a party: `path` is what stands below the mount, e.g. `/transaction/123`. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** A third party, or the demo client: one folder each, mounted under `/<name>`, its books under `/_sim/<name>`. */
export interface Party {
  /** Speaks the party's own protocol. May leave the call unanswered on purpose. */
  handle(call: Call): void | Promise<void>;
  /** Answers `/_sim/<name>/...`: rules in, books out. */
  control(call: Call): void | Promise<void>;
  /** Forgets everything, as after a start. Timers are cleared by the town. */
  reset(): void;
  /**
   * What Countersign must be told to work with it, as `PROVIDER_<NAME>_<SETTING>`: credentials, secrets, keys; `URL` only
   * when it is not `{town}/{name}`. Absent: it is no provider.
   */
  settings?(): Record<string, string>;
  /** After the town has its port; for a party with a port of its own. */
  open?(): Promise<void>;
  close(): Promise<void>;
}

/** How much is remembered: `full` keeps every request, `counts` only numbers and statuses (for the benchmark). */
export type Recording = 'full' | 'counts';

/** What the town lends to each of its parties. */
export interface Ground {
  readonly seed: string;
  readonly profile: ProfileName;
  readonly record: Recording;
  readonly magicAmounts: boolean;
  readonly timers: Timers;
  /** Where Countersign listens (its PUBLIC_URL), for third parties that are told once where to send webhooks. */
  readonly productUrl: string | null;
  readonly host: string;
  /** Holds the key pairs, so that they outlive a restart; null: they live as long as the process. */
  readonly keysDir: string | null;
}

/** `calm`: everything works. `original`: seed 001's third party. `rough`: every fate has its share. */
export const profileNames = ['calm', 'original', 'rough'] as const;
export type ProfileName = (typeof profileNames)[number];
