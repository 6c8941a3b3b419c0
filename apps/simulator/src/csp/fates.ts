import type { Fate, Fates } from '../desk/fate.ts';
import { along, type Life } from '../desk/life.ts';
import { troubles } from '../desk/troubles.ts';

const atOnce: Life = { moves: [{ afterMs: 0, status: 'COMPLETE' }], notices: [] };
const job = (words: readonly string[], ms: number, quirk?: string): Life => {
  return { moves: along(words, ms), notices: [], ...(quirk === undefined ? {} : { quirk }) };
};
const begun = ['NOT_STARTED', 'IN_PROGRESS'];
const asynchronous = (does: string, words: readonly string[], quirk?: string): Fate<Life> => {
  return { cents: null, does, life: (p) => job(words, p.settleMs, quirk) };
};
const always = (does: string, httpStatus: number): Fate<Life> => {
  return { cents: null, does, trouble: { effect: 'lost', how: 'status' }, params: { httpStatus }, life: () => atOnce };
};
const special = (does: string, quirk: string): Fate<Life> => ({
  cents: null,
  does,
  life: () => ({ ...atOnce, quirk }),
});

/** What can happen to a request at a cloud. */
export const cspFates = {
  sync: { cents: null, does: '200 at once; persona A', life: () => atOnce },
  'async-complete': asynchronous('202 + Location; NOT_STARTED, IN_PROGRESS, COMPLETE after settleMs; persona B', [
    ...begun,
    'COMPLETE',
  ]),
  'async-failed': asynchronous('202 + Location; NOT_STARTED, IN_PROGRESS, FAILED after settleMs; persona C', [
    ...begun,
    'FAILED',
  ]),
  'error-500': always('500 every time; persona D', 500),
  'error-404': always('404 every time; persona E', 404),
  'async-for-ever': {
    cents: null,
    does: '202 + Location; IN_PROGRESS, and that is all; persona F',
    life: () => job(['IN_PROGRESS'], 0),
  },
  'async-success': asynchronous('as async-complete, the last word is SUCCESS', [...begun, 'SUCCESS']),
  'async-failure': asynchronous('as async-failed, the last word is FAILURE', [...begun, 'FAILURE']),
  'no-location': asynchronous('202 without Location', [...begun, 'COMPLETE'], 'no-location'),
  'relative-location': asynchronous(
    'as async-complete, Location is a path',
    [...begun, 'COMPLETE'],
    'relative-location',
  ),
  'foreign-location': asynchronous(
    'as async-complete, Location is a private address elsewhere',
    [...begun, 'COMPLETE'],
    'foreign-location',
  ),
  'status-404': asynchronous('202 + Location, and a look there says 404', [...begun, 'COMPLETE'], 'status-404'),
  'status-500': asynchronous(
    'as async-complete, the first two looks there say 500',
    [...begun, 'COMPLETE'],
    'status-500',
  ),
  'unknown-status': asynchronous('a status nobody knows, COMPLETE after settleMs', ['PONDERING', 'COMPLETE']),
  'not-ready': always('405 every time: the portfolio is not ready', 405),
  'unknown-fields': special('200 at once, with fields nobody knows', 'unknown-fields'),
  'not-json': special('200 at once, the body is text', 'not-json'),
  'cost-objects': special('costs: actual and forecast are single objects; what persona A does', 'cost-objects'),
  'cost-arrays': special('costs: actual and forecast are arrays', 'cost-arrays'),
  'cost-none': always('costs: 404', 404),
  ...troubles,
} as const satisfies Fates<Life>;

/** Which fate is each persona's ordinary one. */
export const personas = {
  a: 'sync',
  b: 'async-complete',
  c: 'async-failed',
  d: 'error-500',
  e: 'error-404',
  f: 'async-for-ever',
} as const satisfies Record<string, keyof typeof cspFates>;
export type Persona = keyof typeof personas;
