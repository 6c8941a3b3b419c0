import { z } from 'zod';
import { answerJson, inShape, readJson } from '../http.ts';
import type { Call, Ground } from '../party.ts';
import { createRandom, type Random } from '../random.ts';
import { tally } from '../tally.ts';
import { giveAnswer, outcomeOf } from './answer.ts';
import type { Books, Entry } from './books.ts';
import type { Chooser } from './choose.ts';
import type { Course, Params, Word } from './course.ts';
import { fates } from './fates.ts';
import { drawEnd } from './original.ts';
import type { Outages } from '../outage.ts';
import { watch, type Verdict } from './watch.ts';
import type { WebhookSender } from './webhook.ts';

/** What POST and GET /transaction work with. */
export interface Desk {
  readonly ground: Ground;
  readonly books: Books;
  readonly chooser: Chooser;
  readonly outages: Outages;
  readonly webhooks: WebhookSender;
  /** How many POSTs there were: the ordinal that seeds each one's draws. */
  posts: number;
}

const bodySchema = z.object({
  id: z.string().min(1).max(200),
  webhookUrl: z.url({ protocol: /^https?$/ }),
  amount: z.union([z.string().regex(/^\d+(\.\d+)?$/), z.number().positive()]),
  currency: z.string().regex(/^[A-Z]{3}$/),
});
type Body = z.infer<typeof bodySchema>;

/** `POST /transaction`: not idempotent. Each effect overwrites the id's record and draws its status anew. */
export async function postTransaction(desk: Desk, call: Call): Promise<void> {
  const { books, outages, ground } = desk;
  const body = inShape(await readJson(call.request, z.unknown()), bodySchema);
  const entry = books.open(body.id);
  const down = outages.meet(call);
  if (down) return watch(call, books, entry, down, ground.record);
  const course = plan(desk, entry, body);
  const { answer } = course;
  const retryAfter = answer.how === 'fixed' ? answer.headers?.['retry-after'] : undefined;
  const verdict: Verdict = { outcome: outcomeOf(answer), ...(retryAfter && { retryAfterSeconds: Number(retryAfter) }) };
  watch(call, books, entry, verdict, ground.record);
  applyEffect(desk, entry, course);
  const sent = course.webhooks.map((webhook) => sendWebhook(desk, entry, course, webhook));
  if (answer.how === 'record' && answer.afterWebhooks) await Promise.all(sent);
  const subject = { id: entry.id, status: () => entry.status ?? course.end, webhookUrl: body.webhookUrl };
  giveAnswer(call.response, answer, subject, ground.timers);
}

/** `GET /transaction/{id}`: 200 `{ id, status }` or 404, unless the id's fate says otherwise. */
export function lookAtTransaction(desk: Desk, call: Call, id: string): void {
  const { books, outages, ground } = desk;
  const known = books.find(id) ?? null;
  const entry = known ?? (ground.record === 'full' ? books.open(id) : null);
  const down = outages.meet(call);
  if (down) return watch(call, books, entry, down, ground.record);
  const seen = entry ? looksLike(entry) : null;
  if (seen === 'silence') return watch(call, books, entry, { outcome: 'silence' }, ground.record);
  watch(call, books, entry, { outcome: seen ? '200' : '404' }, ground.record);
  if (seen) answerJson(call.response, 200, { id, status: seen.status });
  else answerJson(call.response, 404, { error: `no transaction ${id}` });
}

function looksLike(entry: Entry): { status: Word } | 'silence' | null {
  const { looks } = entry;
  if (looks === 'silence') return 'silence';
  if (looks === 'absent') return null;
  const status = looks === 'truth' ? entry.status : looks[entry.looked++ % looks.length];
  return status ? { status } : null;
}

function plan(desk: Desk, entry: Entry, body: Body): Course {
  const random = createRandom(desk.ground.seed, (desk.posts += 1));
  const chosen = desk.chooser.choose(body, random, entry.posts === 0);
  if (chosen) Object.assign(entry, chosen);
  entry.posts += 1;
  const fate = entry.fate ?? 'completed';
  const params = desk.chooser.paramsOf(fate, entry.given);
  const holds = entry.posts <= params.tries;
  const course = { ...served(params), ...(holds ? fates[fate].course(params, random) : {}) };
  tally(desk.books.counts.fates, holds ? fate : 'completed');
  Object.assign(entry, { looks: course.looks, looked: 0 });
  if (desk.ground.record === 'full' || course.webhooks.length > 0) {
    Object.assign(entry, { webhookUrl: body.webhookUrl, amount: body.amount, currency: body.currency });
  }
  return entry.effects > 0 && fate !== 'original' ? redrawn(course, random) : course;
}

/** The course of every day; a fate says only where it differs. */
function served(params: Params): Course {
  return {
    effectMs: 0,
    first: params.end,
    end: params.end,
    settleMs: 0,
    answer: { how: 'record', afterMs: params.answerMs },
    webhooks: [],
    looks: 'truth',
  };
}

function redrawn(course: Course, random: Random): Course {
  const end = drawEnd(random);
  return { ...course, end, first: course.first === course.end ? end : course.first };
}

function applyEffect({ books, ground: { timers } }: Desk, entry: Entry, course: Course): void {
  const { effectMs, first, end, settleMs } = course;
  if (effectMs === null) return;
  timers.after(effectMs, () => {
    books.write(entry, first, effectMs > 0 ? 'late' : 'posted');
    const { generation } = entry;
    if (first === end) return;
    timers.after(settleMs - effectMs, () => {
      if (entry.generation === generation) books.settle(entry, end);
    });
  });
}

/** Sends one webhook of a course when its time comes. Resolves when it was answered. */
async function sendWebhook(
  { books, ground, webhooks }: Desk,
  entry: Entry,
  course: Course,
  webhook: Course['webhooks'][number],
): Promise<void> {
  const url = entry.webhookUrl;
  if (url === null) return;
  if (webhook.afterMs > 0) await ground.timers.pause(webhook.afterMs);
  const status = webhook.status === 'now' ? (entry.status ?? course.end) : webhook.status;
  const at = new Date().toISOString();
  const outcome = await ground.timers.during(webhooks.send(url, { id: entry.id, status }, webhook.forged ?? false));
  tally(books.counts.webhooks, outcome);
  if (ground.record === 'full') entry.webhooks.push({ at, status, forged: webhook.forged ?? false, outcome });
}
