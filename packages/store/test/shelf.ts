import { createHash } from 'node:crypto';
import type { Change, LoadedSubmission } from '@countersign/flow';
import { testDatabase, type TestDatabase } from '@countersign/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { migrate, newId, openStore, type Draft, type Store } from '../src/index.ts';

/** A migrated database with a store on it, for one test file. */
export interface Shelf {
  readonly store: Store;
  readonly url: string;
  readonly clientId: string;
  /** Plain SQL beside the store. */
  readonly query: <R>(text: string, values?: readonly unknown[]) => Promise<R[]>;
}

export function shelf(): Shelf {
  let database: TestDatabase;
  let store: Store;
  let clientId = '';
  let plain: Client;
  beforeAll(async () => {
    database = await testDatabase({ migrate });
    store = openStore({ databaseUrl: database.url, applicationName: 'store-test' });
    plain = new Client({ connectionString: database.url });
    await plain.connect();
    ({
      client: { id: clientId },
    } = await store.clients.create({ name: 'first' }));
  });
  afterAll(async () => {
    await plain.end();
    await store.close();
    await database.drop();
  });
  return {
    get store() {
      return store;
    },
    get url() {
      return database.url;
    },
    get clientId() {
      return clientId;
    },
    // The test names the shape of what it asks for.
    query: async <R>(text: string, values: readonly unknown[] = []) =>
      (await plain.query(text, [...values])).rows as R[],
  };
}

export function draft(clientId: string, part: Partial<Draft> = {}): Draft {
  const id = newId();
  const body = part.body ?? `{"id":"${id}","amount":"12.50"}`;
  return {
    id,
    kind: 'transaction',
    clientId,
    naturalId: `tx-${id}`,
    fingerprint: createHash('sha256').update(body).digest('hex'),
    body,
    contentType: 'application/json',
    callbackUrl: 'http://client.test/hook',
    traceparent: null,
    queued: true,
    ...part,
  };
}

/** Accepts a submission and walks it along the changes. */
export async function accepted(
  { store, clientId }: Shelf,
  changes: readonly Change[] = [],
  part: Partial<Draft> = {},
): Promise<LoadedSubmission> {
  const made = draft(clientId, part);
  await store.intake.accept(made);
  let submission = await loaded(store, made.id);
  for (const change of changes) {
    const moved = await store.cellar.commit(submission, change);
    if (!moved) throw new Error('somebody else moved it');
    submission = moved;
  }
  return submission;
}

export async function loaded(store: Store, id: string): Promise<LoadedSubmission> {
  const submission = await store.cellar.load(id);
  if (!submission) throw new Error(`submission ${id} is not there`);
  return submission;
}

export const OPEN: Change = {
  status: 'PROCESSING',
  registrations: [{ leg: 'registry', provider: 'registry', idempotencyKey: 'k' }],
  entries: [{ type: 'status', from: 'PENDING', to: 'PROCESSING' }],
};

export const DONE: Change = {
  status: 'COMPLETED',
  registrations: [{ leg: 'registry', status: 'DONE', told: true, reference: 'r-1', dueInMs: null }],
  entries: [{ type: 'status', from: 'PROCESSING', to: 'COMPLETED' }],
  callbacks: [{ type: 'transaction.completed' }],
};

export const REFUSED: Change = {
  status: 'FAILED',
  failure: { code: 'DECLINED', message: 'no' },
  entries: [{ type: 'status', from: 'PROCESSING', to: 'FAILED' }],
};

export const LOST: Change = {
  status: 'UNRESOLVED',
  failure: { code: 'NO_END_IN_SIGHT', message: 'silence' },
  registrations: [
    {
      leg: 'registry',
      status: 'UNRESOLVED',
      told: true,
      dueInMs: null,
      failure: { code: 'NO_END_IN_SIGHT', message: 'silence' },
    },
  ],
  entries: [{ type: 'status', from: 'PROCESSING', to: 'UNRESOLVED' }],
  callbacks: [{ type: 'transaction.unresolved' }],
  deadLetters: [{ step: 'poll', leg: 'registry', provider: 'registry', code: 'NO_END_IN_SIGHT', message: 'silence' }],
  agendaInMs: null,
};
