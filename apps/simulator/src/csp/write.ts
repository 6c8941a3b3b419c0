import { randomUUID } from 'node:crypto';
import type { Page } from '../desk/books.ts';
import type { Plan } from '../desk/desk.ts';
import { live, type Life } from '../desk/life.ts';
import { give, json, play, type Reply } from '../desk/play.ts';
import { watch, type Note } from '../desk/watch.ts';
import { header, readBody } from '../http.ts';
import type { Call } from '../party.ts';
import { nameOf, readWrite, type Write, type WriteKind } from './asked.ts';
import { knows, notesOf, refusal, type Made, type Office } from './office.ts';

/** `POST /portfolios`, `PATCH /portfolios/{id}`, `POST /portfolios/{id}/task-orders`. */
export async function write(office: Office, call: Call, kind: WriteKind, id: string): Promise<void> {
  const text = (await readBody(call.request)).toString('utf8');
  const found = readWrite(office, kind, text, id);
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
