import type { ObjectStore } from '@countersign/archive';
import type { KindContract, Town } from '@countersign/kinds';
import type { Log, Metrics } from '@countersign/process';
import type { Producer } from '@countersign/queue';
import type { Store } from '@countersign/store';
import type { Authenticate } from './auth/authenticate.ts';
import type { Corridor } from './intake/corridor.ts';
import type { Limits } from './plugins/limits.ts';

/** What the door is made of: opened by main, or by a test, and handed to every route. */
export interface Door {
  readonly contracts: readonly KindContract[];
  readonly store: Store;
  readonly producer: Pick<Producer, 'ping' | 'backlog'>;
  readonly corridor: Corridor;
  readonly authenticate: Authenticate;
  readonly limits: Limits;
  /** For the few questions third parties are asked while a caller waits. */
  readonly town: Town;
  /** Where archived receipts lie as files; opened when it is first needed. */
  readonly objects: () => Promise<ObjectStore>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly settings: DoorSettings;
}

export interface DoorSettings {
  /** The base of URLs to us that we hand out; undefined: as the caller called us. */
  readonly publicUrl?: string | undefined;
  readonly corsOrigins: readonly string[];
  /** Whose `X-Forwarded-For` is believed: so many proxies before us, or those at these addresses. Default: nobody's. */
  readonly trustProxy?: number | readonly string[] | undefined;
  /** Requests are turned away while the event loop is further behind than this. Default: 400 ms. */
  readonly maxLoopDelayMs?: number;
  /** http and private addresses as callback URLs: development and tests only. */
  readonly allowPrivateCallbacks: boolean;
  /** The third parties the environment gives an address to, by name, such as `CSP_A`. */
  readonly providers: readonly string[];
  /** `PROVIDER_<NAME>_WEBHOOK_SECRET` and `…_PUBLIC_KEY` by the provider's name; for third parties that sign. */
  readonly webhookSettings: Readonly<
    Record<
      string,
      {
        readonly secret?: string | undefined;
        readonly publicKey?: string | undefined;
        /** Whose what it hands over is. */
        readonly clientId?: string | undefined;
      }
    >
  >;
}
