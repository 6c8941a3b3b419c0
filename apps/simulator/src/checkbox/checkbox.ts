import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { signatureHeaders } from '../authority/registration.ts';
import { noteWebhook, type DeskBooks, type Page } from '../desk/books.ts';
import { controlDesk, unknownControl } from '../desk/control.ts';
import { booksOf, createDesk, type Desk, type DeskOptions } from '../desk/desk.ts';
import { live, seen, type Life } from '../desk/life.ts';
import { give, json, play, type Reply } from '../desk/play.ts';
import { fourHours } from '../desk/postman.ts';
import { watch } from '../desk/watch.ts';
import { answerJson, header, readBody, readJson } from '../http.ts';
import type { Call, Ground, Party } from '../party.ts';
import { createCounter, type Counter } from './counter.ts';
import { checkboxFates } from './fates.ts';
import { receiptOf, sellSchema, type KeptReceipt } from './receipt.ts';
import type { Shift } from './shift.ts';

/** How Checkbox begins. */
export interface CheckboxOptions extends DeskOptions {
  /** Default 3,000: how long opening a shift takes, scaled. */
  readonly openShiftMs?: number;
}

interface Office {
  readonly desk: Desk<KeptReceipt, Life>;
  readonly counter: Counter;
  serial: number;
}

/** Checkbox, the fiscal register of Ukraine (third-parties.md 5.1): another shape the tax provider can speak to. */
export function openCheckbox(ground: Ground, options: CheckboxOptions = {}): Party & { books: DeskBooks<KeptReceipt> } {
  const traits = { name: 'checkbox', fates: checkboxFates, ordinary: 'done', traits: ['id', 'order_id'] };
  const desk = createDesk<KeptReceipt, Life>(ground, traits, options);
  const tell = (shift: Shift): void => void deliver(office, JSON.stringify({ shift }));
  const office: Office = { desk, counter: createCounter(ground, options.openShiftMs ?? 3_000, tell), serial: 0 };
  return {
    books: booksOf(desk),
    handle: (call) => handle(office, call),
    control: (call) => control(office, call),
    reset() {
      desk.reset();
      office.counter.clear();
      office.serial = 0;
    },
    close: () => desk.postman.close(),
  };
}

async function control({ desk, counter }: Office, call: Call): Promise<void> {
  const asked = `${call.method} ${call.path}`;
  if (asked === 'POST /tokens/expire') return answerJson(call.response, 200, { expired: counter.expire() });
  if (asked === 'PUT /webhook') {
    counter.setWebhook(await readJson(call.request, webhookSchema));
    return answerJson(call.response, 200, { webhook: counter.webhook });
  }
  if (asked === 'POST /shift/refuse') counter.shifts.refuseNext();
  else if (asked === 'DELETE /shift') counter.shifts.close(true);
  else if (asked !== 'GET /shift') {
    if (!(await controlDesk(desk, call))) unknownControl('checkbox', call);
    return;
  }
  answerJson(call.response, 200, { shift: counter.shifts.current() });
}

const webhookSchema = z.strictObject({ url: z.url({ protocol: /^https?$/ }), key: z.string().min(1) });
const base = '/api/v1';
const refusal = (status: number, code: string): Reply => json(status, { code, message: code });

async function handle(office: Office, call: Call): Promise<void> {
  const path = call.path.startsWith(base) ? call.path.slice(base.length) : call.path;
  const text = (await readBody(call.request)).toString('utf8');
  const body = parsed(text);
  if (call.method === 'POST' && path === '/receipts/sell') return await sell(office, call, text, body);
  const id = /^\/receipts\/([^/]+)$/.exec(path)?.[1];
  if (call.method === 'GET' && id !== undefined) return look(office, call, decodeURIComponent(id));
  const name = `${call.method} ${path.replace(/^\/shifts\/(?!close).+/, '/shifts/{id}')}`;
  const note = watch(call, office.desk.books, null, name);
  const down = office.desk.outages.meet(call);
  if (down) return note(down.outcome, down.retryAfterSeconds);
  give(call, note, office.counter.serve(call, path, body) ?? refusal(404, 'not_found'));
}

function parsed(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return null;
  }
}

async function sell(office: Office, call: Call, text: string, body: unknown): Promise<void> {
  const { desk, counter } = office;
  const judged = sellSchema.safeParse(body);
  const page = judged.success ? desk.books.open(judged.data.id ?? randomUUID()) : null;
  const deviceId = header(call.request, 'x-device-id');
  const note = watch(call, desk.books, page, 'POST /receipts/sell', deviceId === null ? {} : { deviceId });
  const down = desk.outages.meet(call);
  if (down) return note(down.outcome, down.retryAfterSeconds);
  if (!counter.knows(call)) return give(call, note, refusal(401, 'base.credentials'));
  if (!judged.success || !page) return give(call, note, invalid(judged.error));
  const plan = desk.plan(page, { traits: traitsOf(page.id, judged.data.order_id), text, names: ['checkbox', 'tax'] });
  if (plan.fate === 'token-stale') counter.expire();
  if (plan.fate === 'shift-closed') counter.shifts.close(true);
  const shift = counter.shifts.current();
  if (!plan.trouble && page.data) return give(call, note, refusal(400, 'receipt.already_exists'));
  if (!plan.trouble && shift?.status !== 'OPENED') return give(call, note, refusal(400, 'shift.not_opened'));
  await play(desk, call, page, note, plan, {
    effect(late) {
      if (page.data || shift?.status !== 'OPENED') return;
      const createdAt = new Date().toISOString();
      page.data = { sell: judged.data, shift, serial: (office.serial += 1), life: plan.life, createdAt };
      return live(desk, page, plan.life, late, (notice) => send(office, page, notice));
    },
    answer: () => (page.data ? json(201, receiptOf(page, page.status ?? 'CREATED')) : refusal(400, 'shift.not_opened')),
    refusal,
  });
}

function traitsOf(id: string, orderId: string | undefined): Record<string, string> {
  return orderId === undefined ? { id } : { id, order_id: orderId };
}

function invalid(error: z.ZodError | undefined): Reply {
  const detail = error?.issues.map(({ path, message }) => ({
    loc: ['body', ...path],
    msg: message,
    type: 'value_error',
  }));
  return json(422, { code: 'validation.custom', message: 'the payload is not valid', detail });
}

function look({ desk, counter }: Office, call: Call, id: string): void {
  const page = desk.books.find(id) ?? (desk.books.record === 'full' ? desk.books.open(id) : null);
  const note = watch(call, desk.books, page, 'GET /receipts/{id}');
  const down = desk.outages.meet(call);
  if (down) return note(down.outcome, down.retryAfterSeconds);
  if (page?.deaf) return note('silence');
  if (!counter.knows(call)) return give(call, note, refusal(401, 'base.credentials'));
  const status = page?.data ? seen(page, page.data.life) : null;
  give(call, note, page && status !== null ? json(200, receiptOf(page, status)) : refusal(404, 'receipt.not_found'));
}

async function send(
  office: Office,
  page: Page<KeptReceipt>,
  { says, wrong }: { says: string; wrong?: string },
): Promise<unknown> {
  const tried = (outcome: string, attempt: number): void =>
    noteWebhook(office.desk.books, page, { says, signed: wrong ?? true, attempt, outcome });
  return await deliver(office, JSON.stringify({ receipt: receiptOf(page, says) }), wrong, tried);
}

/** Whatever is told by webhook, to whoever asked for it; `wrong`: not signed as it should be. */
async function deliver(
  { desk, counter }: Office,
  body: string,
  wrong?: string,
  tried: (outcome: string, attempt: number) => void = () => undefined,
): Promise<unknown> {
  const { webhook } = counter;
  if (!webhook) return;
  const headers = (): Record<string, string> => signatureHeaders(webhook.key, body, wrong);
  return await desk.postman.deliver({
    url: webhook.url,
    body,
    headers,
    retryMs: wrong === undefined ? fourHours : [],
    tried,
  });
}
