/** A message of the bank, stored before it is deleted there. */
export interface BankMessage {
  /** Message-Response-Id. */
  readonly id: string;
  readonly type: string;
  readonly requestId: string | null;
  readonly body: string;
}

export interface ParkedMessage extends BankMessage {
  readonly note: string | null;
  readonly receivedAt: number;
}

/** Their messages: each is kept once, applied once, and never thrown away. */
export interface BankMail {
  /** Durable once it answers. `ended`: it was applied or parked before. */
  readonly keep: (message: BankMessage) => Promise<{ readonly ended: boolean }>;
  readonly end: (id: string, status: 'APPLIED' | 'PARKED', note?: string) => Promise<void>;
  readonly deleted: (id: string) => Promise<void>;
  /** Kept and not applied (we were killed), oldest first. */
  readonly kept: (limit: number) => Promise<readonly BankMessage[]>;
  /** Whether a message with this Message-Request-Id has come, whoever of us read it. */
  readonly hasAnswer: (requestId: string) => Promise<boolean>;
  /** What nobody knows what to do with, newest first. */
  readonly parked: (limit: number) => Promise<readonly ParkedMessage[]>;
}

/** The door rings, the worker listens. */
export interface Bells {
  readonly ring: (name: string) => Promise<void>;
  /** When it was last rung, in milliseconds of the database's clock; 0 = never. */
  readonly rungAt: (name: string) => Promise<number>;
}

export interface Outlook {
  readonly ready: boolean;
  /** By the check's name: what is wrong, or null. */
  readonly checks: Readonly<Record<string, string | null>>;
  /** How old this is. */
  readonly ageMs: number;
}

/** How a third party looks from the workers; told by the one that looked last. */
export interface Outlooks {
  readonly tell: (name: string, outlook: Omit<Outlook, 'ageMs'>) => Promise<void>;
  readonly of: (name: string) => Promise<Outlook | undefined>;
}
