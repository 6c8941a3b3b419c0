import type { JsonObject } from '@countersign/flow';

export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface Client {
  readonly id: string;
  readonly name: string;
  /** Where callbacks go when a submission names no URL of its own. */
  readonly callbackUrl: string | null;
  /** Opaque to the store. */
  readonly limits: JsonObject;
  readonly createdAt: number;
}

/** A key as it can be shown again: never the key itself. */
export interface ClientKey {
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/** Who a key belongs to. */
export interface Bearer {
  readonly client: Client;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
}

export interface ClientPatch {
  readonly name?: string;
  /** Setting a URL also enables it again where a 410 had disabled it. */
  readonly callbackUrl?: string | null;
  readonly limits?: JsonObject;
}

/** A callback URL that answered 410. */
export interface DisabledEndpoint {
  readonly url: string;
  readonly disabledAt: number;
}

export interface Clients {
  readonly create: (client: {
    readonly name: string;
    readonly callbackUrl?: string | null;
    readonly limits?: JsonObject;
  }) => Promise<{ readonly client: Client; readonly webhookSecret: string }>;
  /** Oldest first. */
  readonly list: () => Promise<readonly Client[]>;
  /**
   * Those who may send, two of them at most: for whoever asks whether somebody is alone. Not those whose keys were all revoked; those
   * without any are (they have access tokens).
   */
  readonly senders: () => Promise<readonly string[]>;
  readonly get: (id: string) => Promise<Client | undefined>;
  readonly update: (id: string, patch: ClientPatch) => Promise<Client | undefined>;
  /** `cs_` + 256 random bits in base64url; shown this once, only its SHA-256 is stored. undefined: no such client. */
  readonly addKey: (
    clientId: string,
    scopes: readonly Scope[],
  ) => Promise<{ readonly id: string; readonly key: string; readonly scopes: readonly Scope[] } | undefined>;
  readonly keys: (clientId: string) => Promise<readonly ClientKey[]>;
  /** false: no such key, or revoked before. This process refuses it at once, others within 3 s. */
  readonly revokeKey: (clientId: string, keyId: string) => Promise<boolean>;
  /** Who holds this key; undefined for unknown and revoked ones. Remembered as long as nothing changes. */
  readonly bearerOf: (key: string) => Promise<Bearer | undefined>;
  /** A new `whsec_…`; the one before stays valid for 24 h. undefined: no such client. */
  readonly rotateWebhookSecret: (
    clientId: string,
  ) => Promise<{ readonly secret: string; readonly previousUntil: number } | undefined>;
  /** Seals every client's secrets that are plain, or sealed by a key that is not the first. Returns how many clients' were. */
  readonly sealAll: () => Promise<number>;
  readonly disabledEndpoints: (clientId: string) => Promise<readonly DisabledEndpoint[]>;
  /** Lets callbacks go to that URL again. */
  readonly enableEndpoint: (clientId: string, url: string) => Promise<void>;
}
