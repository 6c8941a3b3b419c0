import { z } from 'zod';
import { answerJson, answerText, BadRequest, header, readBody, readJson } from '../http.ts';
import type { Call, Ground, Party } from '../party.ts';
import { tally } from '../tally.ts';
import { behaviours, conduct, conductOf, type Conduct } from './behaviours.ts';
import { createVerifier, readCallback, sha256, type Callback } from './callbacks.ts';
import { controlClient } from './control.ts';
import { callbacksOf, type ClientBooks, type ClientCounts, type ClientOptions, type Desk } from './desk.ts';

const freshCounts = (): ClientCounts => ({ callbacks: 0, distinct: 0, unverified: 0, types: {}, answered: {} });

/** The demo client: receives callbacks well or badly, as its path or a rule says, and writes down what came. */
export function openClient(ground: Ground, options: ClientOptions = {}): Party & { books: ClientBooks } {
  const desk: Desk = {
    ground,
    options,
    verifier: createVerifier(options.secrets ?? []),
    deliveries: new Map(),
    callbacks: [],
    puts: [],
    rules: [],
    ruleCount: 0,
    counts: freshCounts(),
  };
  return {
    books: { counts: () => desk.counts, callbacks: (submission) => callbacksOf(desk, submission) },
    handle: (call) => handle(desk, call),
    control: (call) => controlClient(desk, call),
    reset() {
      desk.deliveries.clear();
      Object.assign(desk, { callbacks: [], puts: [], rules: [], counts: freshCounts() });
    },
    close: () => Promise.resolve(),
  };
}

const callbackPath = /^\/callbacks(\/.*)?$/;

async function handle(desk: Desk, call: Call): Promise<void> {
  const below = callbackPath.exec(call.path);
  if (call.method === 'POST' && below) return receive(desk, call, below[1] ?? '');
  if (call.method === 'PUT' && call.path === '/transaction') return receivePut(desk, call);
  if (call.method === 'GET' && call.path === '/behaviours') return answerJson(call.response, 200, { data: behaviours });
  throw new BadRequest(
    `the client has no ${call.method} ${call.path}; it has POST /callbacks/..., PUT /transaction and GET /behaviours`,
    [],
    404,
  );
}

async function receive(desk: Desk, call: Call, path: string): Promise<void> {
  const { ground, counts, deliveries } = desk;
  const body = await readBody(call.request);
  const read = readCallback(body);
  const webhookId = header(call.request, 'webhook-id');
  const delivery = (deliveries.get(webhookId ?? '') ?? 0) + 1;
  deliveries.set(webhookId ?? '', delivery);
  const full = ground.record === 'full';
  const problem = full ? desk.verifier.check(call, body) : null;
  const answered = conduct(call, conductFor(desk, read, path), delivery, ground.timers);
  counts.callbacks += 1;
  if (delivery === 1) counts.distinct += 1;
  if (problem !== null) counts.unverified += 1;
  tally(counts.types, read.type ?? 'unreadable');
  tally(counts.answered, answered);
  const callback: Callback = {
    order: counts.callbacks,
    at: new Date().toISOString(),
    path,
    webhookId,
    delivery,
    ...read,
    bodySha256: full ? sha256(body) : null,
    verified: full ? problem === null : null,
    problem,
    traceparent: header(call.request, 'traceparent'),
    answered,
  };
  if (full) desk.callbacks.push(callback);
  desk.options.onCallback?.(callback);
}

function conductFor(desk: Desk, read: Pick<Callback, 'id' | 'submissionId'>, path: string): Conduct {
  const rule = desk.rules.find(({ match: { submission, path: at } }) => {
    const ours = submission === undefined || submission === read.submissionId || submission === read.id;
    return ours && (at === undefined || at === path);
  });
  if (!rule) return conductOf(path);
  if (rule.match.next !== undefined && --rule.match.next === 0) desk.rules = desk.rules.filter((one) => one !== rule);
  return rule;
}

const stateSchema = z.object({ id: z.string(), status: z.string() });
const putSchema = z.union([stateSchema, z.object({ status: stateSchema }).transform(({ status }) => status)]);

async function receivePut(desk: Desk, call: Call): Promise<void> {
  const { id, status } = await readJson(call.request, putSchema);
  desk.puts.push({ at: new Date().toISOString(), id, status });
  answerText(call.response, 200, '');
}
