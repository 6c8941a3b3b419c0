import type { Ask, JsonObject, Submission } from '@countersign/flow';
import type { ProviderSettings } from '../settings.ts';
import { provisionForMs, type CspRequest } from './shapes.ts';
import { toAdministrator, toPortfolio, toTaskOrder } from './to-csp.ts';

/** One call that brings a leg about. Costs are asked for, everything else changes something there. */
export interface CspCall {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Under the cloud's base URL. */
  readonly path: string;
  readonly body?: JsonObject;
}

/** What an answer's record calls what it holds. */
export type CspField = 'portfolio' | 'fundingSources' | 'costs';

const TASK_ORDER = /^taskOrder([1-9]\d*)$/;

/** The legs of a job: one call each. Each funding source of ADD_TASK_ORDER is a call of its own: `taskOrder1`, `taskOrder2` … */
export function cspLegs(request: CspRequest): readonly string[] {
  if (!('operationType' in request)) return ['costs'];
  if (request.operationType === 'ADD_PORTFOLIO') return ['portfolio'];
  if (request.operationType === 'ADD_OPERATORS') return ['operators'];
  return request.payload.fundingSources.map((_, at) => `taskOrder${at + 1}`);
}

/** @throws Error for a leg the job does not have. */
export function callOf(request: CspRequest, leg: string): CspCall {
  if (!('operationType' in request)) {
    const { start, end } = daysOf(request);
    return { method: 'GET', path: `portfolios/${request.portfolioId}/cost?start_date=${start}&end_date=${end}` };
  }
  if (request.operationType === 'ADD_PORTFOLIO')
    return { method: 'POST', path: 'portfolios', body: toPortfolio(request.payload) };
  const at = `portfolios/${request.portfolioId}`;
  if (request.operationType === 'ADD_OPERATORS') {
    const administrators = request.payload.operators.map(toAdministrator);
    return { method: 'PATCH', path: at, body: { administrators } };
  }
  const source = request.payload.fundingSources[Number(TASK_ORDER.exec(leg)?.[1]) - 1];
  if (!source) throw new Error(`the job has no leg ${leg}`);
  return { method: 'POST', path: `${at}/task-orders`, body: toTaskOrder(source) };
}

export function fieldOf(request: CspRequest): CspField {
  if (!('operationType' in request)) return 'costs';
  return request.operationType === 'ADD_TASK_ORDER' ? 'fundingSources' : 'portfolio';
}

/** Months are asked for from their first day to their last. */
function daysOf({ startDate, endDate }: { readonly startDate: string; readonly endDate: string }) {
  const [year, month] = endDate.split('-').map(Number);
  // Day 0 of the next month is the last of this one.
  const last = () => new Date(Date.UTC(year ?? 0, month ?? 0, 0)).toISOString().slice(0, 10);
  return {
    start: startDate.length === 7 ? `${startDate}-01` : startDate,
    end: endDate.length === 7 ? last() : endDate,
  };
}

/** The token, and by when it must be done: counted from this try, by the database's clock. */
export function headersOf(ask: Ask, request: CspRequest, settings: ProviderSettings): Record<string, string> {
  const token = settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` };
  if (!('operationType' in request)) return token;
  const startMs = ask.registration.tellingSince ?? ask.submission.readAt.databaseMs;
  const deadline = new Date(startMs + provisionForMs(request, settings.poll.maxAgeMs)).toISOString();
  return { ...token, 'x-provision-deadline': deadline };
}

/** The record of a leg's last answer, where there was one: a field of the resource named as the leg. */
export function recordOf(submission: Pick<Submission, 'facts'>, leg: string): JsonObject | undefined {
  const record = submission.facts[leg];
  return typeof record === 'object' && record !== null && !Array.isArray(record) ? record : undefined;
}
