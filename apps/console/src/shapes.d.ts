// What the API answers to the console, as far as it is read. For the editor and the type check; never served.

export interface Failure {
  code: string;
  message: string;
}

export interface Registration {
  provider: string;
  status: string;
  attempts: number;
  reference: string | null;
  updatedAt: string;
}

export interface Resource {
  id: string;
  submissionId: string;
  kind: string;
  status: string;
  version: number;
  createdAt: string;
  updatedAt: string;
  settledAt: string | null;
  error: Failure | null;
  registrations: Registration[];
  request: unknown;
}

/** A line of the timeline. */
export interface Entry {
  at: string;
  type: string;
  provider?: string;
  attempt?: number;
  requestId?: string;
  statusCode?: number;
  durationMs?: number;
  error?: string;
  from?: string;
  to?: string;
  actor?: string;
  reason?: string;
}

/** One reason why a submission is not finished: who, why, what they said last, what to do. */
export interface Wait {
  who: string | null;
  reason: string;
  answered: string | null;
  act: string;
}

/** `GET /console/data/:path/:id`. */
export interface Found {
  path: string;
  clientId: string;
  callbackUrl: string | null;
  waits: Wait[];
  timeline: Entry[];
  resource: Resource;
}

export interface Page<Item> {
  data: Item[];
  nextCursor: string | null;
}

export interface Letter {
  at: string;
  code: string;
  kind: string;
  step: string;
  provider: string | null;
  message: string;
  submissionId: string;
  /** The id the client knows it by. */
  resourceId: string;
}

export interface Kind {
  kind: string;
  path: string;
}

export interface Health {
  status?: string;
  dependencies?: Record<string, { status: string; latencyMs?: number; error?: string }>;
}

/** Null where PostgreSQL is away. */
export interface Gauges {
  unfinished: number;
  undispatched: number;
  oldestUndispatchedMs: number;
  oldestOverdueMs: number;
  callbacksWaiting: number;
  deadLetters: number;
}

export interface Depth {
  waiting: number;
  active: number;
  delayed: number;
  waitingForChildren: number;
  failed: number;
  oldestMs: number;
}

/** `GET /console/data/overview`. */
export interface Overview {
  kinds: Kind[];
  queues: Record<string, Depth> | null;
  gauges: Gauges | null;
}

/** `POST /v1/dead-letters/replay` and how far it has come. */
export interface Replay {
  id: string;
  status: string;
  done: number;
  total: number;
  refused: number;
}
