import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { createArchiveReader, openObjectStore, type ArchiveLocation } from '@countersign/archive';
import { discoverContracts, type KindContract } from '@countersign/kinds';
import { createLog, createMetrics, readProviders, type Log } from '@countersign/process';
import { createProducer } from '@countersign/queue';
import { migrate, openStore, type Scope, type Store } from '@countersign/store';
import { testDatabase, testRedis, until } from '@countersign/testkit';
import { buildApp } from '../src/app.ts';
import { createAuthenticate } from '../src/auth/authenticate.ts';
import { createOidc } from '../src/auth/oidc.ts';
import { openCounterRedis } from '../src/counter-redis.ts';
import type { DoorSettings } from '../src/door.ts';
import { createCorridor } from '../src/intake/corridor.ts';
import { createSharedCounter } from '../src/intake/shared-counter.ts';
import { createLimits } from '../src/plugins/limits.ts';
import { openTown } from '../src/town.ts';
import { LONG_MS, warm } from './warm.ts';

export const ADMIN_KEY = 'admin-key-of-the-tests';

interface StageOptions {
  /** Default: those of packages/kinds. */
  readonly contracts?: readonly KindContract[];
  /** Default: a fresh database of its own. */
  readonly databaseUrl?: string;
  /** Default: an empty logical database of the run's Redis. */
  readonly redisUrl?: string;
  readonly settings?: Partial<DoorSettings>;
  /** `PROVIDER_…` of the third parties that the door may ask itself. */
  readonly town?: Readonly<Record<string, string>>;
  readonly ratePerSecond?: number;
  readonly authFailuresPerMinute?: number;
  /** The clock of these two; one that stands still ends no second and no minute. Default: the machine's. */
  readonly nowMs?: () => number;
  /** Default: a folder that is not there. */
  readonly archive?: ArchiveLocation;
  /** Default: silence. */
  readonly log?: Log;
  readonly oidc?: { readonly issuer: string; readonly audience: string };
}

/** The real door on a free port, with its own PostgreSQL database and Redis. */
export async function openDoor(options: StageOptions = {}) {
  const { log = createLog({ level: 'silent', name: 'api-test' }) } = options;
  const database = options.databaseUrl === undefined ? await testDatabase({ migrate }) : undefined;
  const redis = await testRedis();
  const redisUrl = options.redisUrl ?? redis.url;
  const location = options.archive ?? { type: 'folder', path: `${tmpdir()}/no-such-archive` };
  const archive = createArchiveReader(location);
  const databaseUrl = options.databaseUrl ?? database?.url ?? '';
  const store = openStore({ databaseUrl, applicationName: 'api-test', archive });
  const producer = createProducer({ redisUrl, prefix: redis.prefix, log, patienceMs: LONG_MS });
  const counterRedis = openCounterRedis(redisUrl);
  const counter = createSharedCounter(counterRedis.redis, options.nowMs);
  const corridor = createCorridor({ producer, intake: store.intake, log });
  const oidc = options.oidc && createOidc({ ...options.oidc, clients: store.clients });
  const providers = readProviders(options.town ?? {}, ['on-ramp', 'off-ramp']).value ?? {};
  const town = await openTown(redisUrl, providers, 'countersign/test');
  const app = await buildApp({
    contracts: options.contracts ?? (await discoverContracts()),
    store,
    producer,
    corridor,
    authenticate: createAuthenticate({ clients: store.clients, adminKey: ADMIN_KEY, oidc }),
    limits: createLimits(counter, {
      ratePerSecond: options.ratePerSecond ?? 1_000_000,
      authFailuresPerMinute: options.authFailuresPerMinute ?? 1_000_000,
    }),
    town,
    objects: () => openObjectStore(location),
    log,
    metrics: createMetrics({ ofProcess: true }),
    settings: {
      corsOrigins: [],
      allowPrivateCallbacks: true,
      providers: [],
      webhookSettings: {},
      // The door shares its event loop with the test, and the machine with other tests. A loop that stood still for a whole
      // sample, as while starting, counts as infinitely late.
      maxLoopDelayMs: Infinity,
      ...options.settings,
    },
  });
  await until(() => warm(store, producer), { label: 'its stores' });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    url,
    databaseUrl,
    store,
    producer,
    corridor,
    call: (path: string, how: How = {}) => call(url, path, how),
    client: (scopes: readonly Scope[] = ['read', 'write']) => newClient(store, scopes),
    async close() {
      await app.close();
      await corridor.drain(2_000);
      counter.close();
      counterRedis.close();
      await producer.close();
      await town.close();
      await archive.close();
      await store.close();
      await database?.drop();
    },
  };
}

export type Stage = Awaited<ReturnType<typeof openDoor>>;

async function newClient(store: Store, scopes: readonly Scope[]) {
  const { client, webhookSecret } = await store.clients.create({ name: 'a client' });
  const made = await store.clients.addKey(client.id, scopes);
  return { id: client.id, key: made?.key ?? '', keyId: made?.id ?? '', webhookSecret };
}

interface How {
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly text?: string | Uint8Array;
}

/**
 * The fields tests read, of whatever was answered: resources, clients, lists, problems, documents. One that is not there is
 * undefined at run time and fails the assertion that names it.
 */
export interface Said {
  readonly id: string;
  readonly submissionId: string;
  readonly clientId: string;
  readonly key: string;
  readonly secret: string;
  readonly webhookSecret: string;
  readonly type: string;
  readonly detail: string;
  readonly instance: string;
  readonly requestId: string;
  readonly nextCursor: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly openapi: string;
  readonly version: number;
  readonly total: number;
  readonly links: { readonly self: string; readonly timeline: string };
  readonly request: { readonly amount: unknown; readonly [name: string]: unknown };
  readonly data: readonly Said[];
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  readonly violations: readonly { readonly pointer?: string; readonly detail: string }[];
  readonly registrations: readonly { readonly provider: string; readonly status: string }[];
  readonly submissions: readonly { readonly submissionId: string; readonly clientId: string }[];
  readonly existing: { readonly id: string; readonly status: string };
  readonly dependencies: Readonly<Record<string, { readonly status: string }>>;
  readonly name: string;
  readonly paths: Readonly<Record<string, { readonly get?: Operation; readonly post?: Operation }>>;
  /** What else there is, is compared whole. */
  readonly [name: string]: unknown;
}

/** Of OpenAPI. */
export interface Operation {
  readonly summary?: string;
  readonly parameters: readonly { readonly name: string; readonly required: boolean }[];
  readonly requestBody: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> };
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: { readonly anyOf: unknown } }>> }>
  >;
}

/** Of the results feed. */
export interface Result {
  readonly cursor: string;
  readonly code: number;
  readonly content: { readonly request: unknown; readonly response: { readonly n: number } };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed body; without fields where it is empty. */
  readonly json: Said;
  /** The parsed body where it is a plain array: the results feed. */
  readonly results: readonly Result[];
}

/** One request over a connection of its own; POST where there is a body. */
export async function call(
  base: string,
  path: string,
  { method, key, headers = {}, json, text }: How,
): Promise<Answer> {
  const body = json === undefined ? text : JSON.stringify(json);
  const all: Record<string, string> = {
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  };
  return await new Promise((resolve, reject) => {
    const options = { method: method ?? (body === undefined ? 'GET' : 'POST'), headers: all, agent: false };
    // Not `new URL(path, base)`: what a test writes is what is sent.
    const { hostname, port } = new URL(base);
    const request = httpRequest({ hostname, port, path, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const whole = Buffer.concat(chunks).toString();
        const isJson = /json/.test(response.headers['content-type'] ?? '') && whole !== '';
        // A cast at the wall: see Said and Result.
        const parsed = (isJson ? JSON.parse(whole) : {}) as Said | Result[];
        const results = Array.isArray(parsed) ? parsed : [];
        const json = parsed as Said;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: whole, json, results });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Raw bytes in, all bytes out until the server closes (or `untilMs` has passed). */
export async function raw(base: string, bytes: string | Buffer, untilMs = 14_000): Promise<string> {
  const { hostname, port } = new URL(base);
  return await new Promise((resolve, reject) => {
    let seen = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), untilMs);
    socket.setEncoding('utf8').on('data', (text: string) => (seen += text));
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(seen);
    });
  });
}

export function transaction(more: Readonly<Record<string, unknown>> = {}) {
  return { id: `tx-${randomUUID()}`, amount: '12.50', currency: 'EUR', ...more };
}
