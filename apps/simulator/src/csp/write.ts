import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Page } from '../desk/books.ts';
import type { Plan } from '../desk/desk.ts';
import { live, type Life } from '../desk/life.ts';
import { give, json, play, type Reply } from '../desk/play.ts';
import { watch, type Note } from '../desk/watch.ts';
import { header, readBody } from '../http.ts';
import type { Call } from '../party.ts';
import { knows, notesOf, refusal, type Made, type Office } from './office.ts';
import {
  addAdministrators,
  addTaskOrder,
  patchSchema,
  portfolioSchema,
  taskOrderSchema,
  type Portfolio,
} from './portfolio.ts';

/** A request that changes something: what it is called, under which name it is counted, and what it does. */
interface Write {
  readonly name: string;
  readonly pageId: string;
  readonly traits: Record<string, string>;
  /** The portfolio it is about; null: it makes one. Undefined: there is none of that id. */
  readonly portfolio: Portfolio | null | undefined;
  /** Does it, and gives the portfolio and how it is answered when it is done at once. */
  readonly act: () => { portfolioId: string; reply: () => Reply; changed: boolean };
}

const bad = (error: z.ZodError): Reply => json(400, { error: 'invalid input', problems: z.prettifyError(error) });

/** `POST /portfolios`, `PATCH /portfolios/{id}`, `POST /portfolios/{id}/task-orders`. */
export async function write(
  office: Office,
  call: Call,
  kind: 'portfolio' | 'administrators' | 'task-order',
  id: string,
): Promise<void> {
  const text = (await readBody(call.request)).toString('utf8');
  const found = readers[kind](office, parsed(text), id);
  const page = 'act' in found ? office.desk.books.open(found.pageId) : null;
  const note = watch(call, office.desk.books, page, nameOf[kind], notesOf(call));
  const down = office.desk.outages.meet(call);
  if (down) return note(down.outcome, down.retryAfterSeconds);
  if (!knows(office, call)) return give(call, note, refusal(401, 'unauthorized'));
  if (!('act' in found) || !page) return give(call, note, 'act' in found ? refusal(400, 'invalid input') : found);
  const plan = office.desk.plan(page, { traits: found.traits, text, names: [office.desk.name, 'csp'] });
  if (!plan.trouble && found.portfolio === undefined) return give(call, note, refusal(404, 'portfolio not found'));
  await carryOut(office, call, note, found, page, plan);
}

const nameOf = {
  portfolio: 'POST /portfolios',
  administrators: 'PATCH /portfolios/{id}',
  'task-order': 'POST /portfolios/{id}/task-orders',
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const readers = {
  portfolio({ holdings }: Office, body: unknown): Write | Reply {
    const judged = portfolioSchema.safeParse(body);
    if (!judged.success) return bad(judged.error);
    const { name } = judged.data;
    const act = () => {
      const portfolio = holdings.add(judged.data);
      return { portfolioId: portfolio.id, reply: () => json(200, portfolio), changed: true };
    };
    return { name: nameOf.portfolio, pageId: name, traits: { id: name, operation: 'portfolio' }, portfolio: null, act };
  },
  administrators({ holdings }: Office, body: unknown, id: string): Write | Reply {
    const judged = patchSchema.safeParse(body);
    if (!judged.success) return bad(judged.error);
    const portfolio = holdings.find(id);
    const { administrators } = judged.data;
    const act = () => {
      const changed = portfolio !== undefined && addAdministrators(portfolio, administrators) > 0;
      return { portfolioId: id, reply: () => json(200, { administrators: portfolio?.administrators ?? [] }), changed };
    };
    const pageId = `administrators:${id}:${administrators.map(({ email }) => email).join(',')}`;
    return {
      name: nameOf.administrators,
      pageId,
      traits: { id: pageId, portfolio: id, operation: 'administrators' },
      portfolio,
      act,
    };
  },
  'task-order'({ holdings }: Office, body: unknown, id: string): Write | Reply {
    const judged = taskOrderSchema.safeParse(body);
    if (!judged.success) return bad(judged.error);
    const portfolio = holdings.find(id);
    const order = judged.data;
    const act = () => {
      const added = portfolio && addTaskOrder(portfolio, order);
      return { portfolioId: id, reply: () => json(200, added), changed: true };
    };
    // One order may come in several requests, one per CLIN.
    const pageId = `task-order:${id}:${order.task_order_number}:${order.clins.map((clin) => clin.clin_number).join(',')}`;
    return {
      name: nameOf['task-order'],
      pageId,
      traits: { id: pageId, portfolio: id, operation: 'task-order' },
      portfolio,
      act,
    };
  },
};

async function carryOut(
  office: Office,
  call: Call,
  note: Note,
  asked: Write,
  page: Page<Made>,
  plan: Plan<Life>,
): Promise<void> {
  const { desk } = office;
  // Personas B, C and F keep only portfolios waiting: the specification has no 202 for the others.
  const isOrdinary = plan.fate === desk.ordinary && !plan.trouble && asked.portfolio !== null;
  const life = isOrdinary ? syncLife : plan.life;
  const isAsync = life.moves.length > 1 || life.moves[0]?.status !== 'COMPLETE';
  const jobId = isAsync ? randomUUID() : null;
  let reply: () => Reply = () => refusal(500, 'nothing was done');
  await play(desk, call, page, note, plan, {
    effect(late) {
      if (asked.portfolio === undefined) return;
      const { portfolioId, reply: done, changed } = asked.act();
      reply = done;
      page.data = { portfolioId, jobId };
      if (jobId !== null) office.jobs.set(jobId, { id: jobId, portfolioId, page, life, looks: 0 });
      // What failed is not there.
      const end = life.moves.at(-1);
      const fails = asked.portfolio === null && end !== undefined && /^FAIL/.test(end.status);
      if (fails) desk.ground.timers.after(end.afterMs, () => office.holdings.remove(portfolioId));
      if (changed) void live(desk, page, life, late, () => Promise.resolve());
    },
    answer: () => (jobId === null ? quirky(reply(), life) : accepted(call, office, page, life, jobId)),
    refusal,
  });
}

const syncLife: Life = { moves: [{ afterMs: 0, status: 'COMPLETE' }], notices: [] };

function quirky(reply: Reply, { quirk }: Life): Reply {
  if (quirk === 'not-json') return { status: 200, body: 'done', headers: { 'content-type': 'text/plain' } };
  if (quirk !== 'unknown-fields') return reply;
  return { ...reply, body: reply.body.replace(/^\{/, '{"cloud_mood":"fine","csp_internal":{"shard_no":7},') };
}

/** 202 ProvisioningStatus, and where to look. */
function accepted(call: Call, { desk }: Office, page: Page<Made>, life: Life, jobId: string): Reply {
  const location = locationOf(call, `/${desk.name}/provisioning/${jobId}/status`, life.quirk);
  const status = page.status ?? life.moves[0]?.status;
  const body = { provisioning_job_id: jobId, portfolio_id: page.data?.portfolioId, status };
  return json(202, body, location === null ? {} : { location });
}

function locationOf(call: Call, path: string, quirk: string | undefined): string | null {
  if (quirk === 'no-location') return null;
  if (quirk === 'relative-location') return path;
  return `http://${quirk === 'foreign-location' ? '169.254.169.254' : (header(call.request, 'host') ?? '')}${path}`;
}
