import type { Injection } from '../../src/ledger.ts';
import { at } from './moments.ts';

/** The doors lose PostgreSQL for less than two seconds, and serve again in time. */
export const cutFromPostgres: Injection = {
  fault: 'cut',
  target: 'api-postgres',
  touches: ['postgres'],
  fromMs: at(800),
  toMs: at(2_500),
  graceMs: 5_000,
  pids: [],
  note: '',
  recoveries: [
    { what: 'first 202', ms: 500, boundMs: 5_000 },
    { what: 'first life', ms: 900, boundMs: 15_000 },
  ],
};

/** Long enough that a door must say it is not ready. */
export const frozenPostgres: Injection = {
  fault: 'freeze',
  target: 'postgres',
  touches: ['postgres'],
  fromMs: at(12_000),
  toMs: at(19_500),
  graceMs: 5_000,
  pids: [7],
  note: '',
  recoveries: [],
};
