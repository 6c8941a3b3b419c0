import { give, json, play } from '../desk/play.ts';
import { watch, type Note } from '../desk/watch.ts';
import type { Call } from '../party.ts';
import { clinCost, costsOf, monthsOf } from './cost.ts';
import { knows, notesOf, refusal, type Office } from './office.ts';

/** Outage and token first; null: it has been answered. */
function begin(office: Office, call: Call, name: string, pageId: string | null): Note | null {
  const { books, outages } = office.desk;
  const page = pageId === null ? null : (books.find(pageId) ?? null);
  const note = watch(call, books, page, name, notesOf(call));
  const down = outages.meet(call);
  if (down) note(down.outcome, down.retryAfterSeconds);
  else if (page?.deaf) note('silence');
  else if (!knows(office, call)) give(call, note, refusal(401, 'unauthorized'));
  else return note;
  return null;
}

/** `GET /portfolios?name=`: by name, for who does not know whether it was made. Not of the specification: ours. */
export function listPortfolios(office: Office, call: Call): void {
  const name = call.query.get('name');
  const note = begin(office, call, 'GET /portfolios', name);
  if (note) give(call, note, json(200, office.holdings.named(name)));
}

export function lookAtPortfolio(office: Office, call: Call, id: string): void {
  const portfolio = office.holdings.find(id);
  const note = begin(office, call, 'GET /portfolios/{id}', portfolio?.name ?? null);
  if (note) give(call, note, portfolio ? json(200, portfolio) : refusal(404, 'portfolio not found'));
}

/** `GET /provisioning/{jobId}/status`. */
export function lookAtJob(office: Office, call: Call, id: string): void {
  const job = office.jobs.get(id);
  const note = begin(office, call, 'GET /provisioning/{jobId}/status', job?.page.id ?? null);
  if (!note) return;
  if (!job || job.life.quirk === 'status-404') return give(call, note, refusal(404, 'no such job'));
  job.looks += 1;
  if (job.life.quirk === 'status-500' && job.looks <= 2) return give(call, note, refusal(500, 'unplanned failure'));
  const isNewest = job.page.data?.jobId === id;
  const status = (isNewest ? job.page.status : null) ?? job.life.moves.at(-1)?.status;
  give(call, note, json(200, { provisioning_job_id: id, portfolio_id: job.portfolioId, status }));
}

/** Costs of a portfolio, or of one CLIN. Persona A has some; the others answer 404. */
export async function lookAtCosts(office: Office, call: Call, portfolioId: string, clin: string | null): Promise<void> {
  const { desk, holdings, persona } = office;
  const pageId = `cost:${portfolioId}`;
  const page = desk.books.open(pageId);
  const note = begin(
    office,
    call,
    clin === null ? 'GET /portfolios/{id}/cost' : 'GET /portfolios/{id}/.../clins/{clin}/cost',
    pageId,
  );
  if (!note) return;
  const months = monthsOf(call.query.get('start_date'), call.query.get('end_date'));
  if (months === null)
    return give(call, note, refusal(400, 'start_date and end_date: expected dates, the start first'));
  const traits = { id: pageId, portfolio: portfolioId, operation: 'cost' };
  const plan = desk.plan(page, { traits, text: portfolioId, names: [desk.name, 'csp'] });
  const isOrdinary = plan.fate === desk.ordinary;
  const arrays = plan.life.quirk === 'cost-arrays';
  const has = persona === 'a' || !isOrdinary;
  const costs = clin === null ? costsOf(holdings.find(portfolioId), months, arrays) : clinCost(clin, months, arrays);
  const deed = {
    effect: () => undefined,
    answer: () => (has ? json(200, costs) : refusal(404, 'portfolio not found')),
    refusal,
  };
  await play(desk, call, page, note, isOrdinary ? { ...plan, trouble: null } : plan, deed);
}
