import type { Cellar, Ticket } from '@countersign/flow';
import type { Log } from '@countersign/process';
import type { BankCalls, Debtor } from '@countersign/providers';
import type { Store } from '@countersign/store';
import type { PayoutSettings } from './settings.ts';

/** What the payouts' loops share. */
export interface Office {
  readonly store: Pick<Store, 'leases' | 'payouts' | 'bankMail' | 'bells' | 'outlooks' | 'webhooks'> & {
    readonly cellar: Pick<Cellar, 'load' | 'commit'>;
  };
  readonly bank: BankCalls;
  readonly debtor: Debtor;
  readonly settings: PayoutSettings;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Hands out tickets at once; one that is lost is made again by the sweep. */
  readonly remind: (tickets: readonly Ticket[]) => Promise<void>;
  /** This process's life: a UUID. */
  readonly owner: string;
  /** The bank told us that we may not: readiness is looked at anew. */
  readonly doubt: (reason: string) => void;
}

export const SHARD_LEASES = 'payouts-';
export const MESSAGES_LEASE = 'bank-messages';
