import { at } from '../sound-ledger.ts';
import { finalRead, pageOf, type Plants } from './plant.ts';

/** The house itself: growth, time, answers, poison. */
export const house: Plants = {
  'I-20': [['somebody followed a DOCTYPE', (l) => void l.canaries.push('GET /canary')]],
  'I-21': [
    ['Redis holds more', (l) => void (l.growth[1]!.redisMb = 50)],
    ['connections are left', (l) => void (l.growth[1]!.connections = 41)],
    ['files are left', (l) => void (l.growth[1]!.processes = { 'api-1': { pid: 1, mb: 90, files: 51 } })],
    ['idle in transaction', (l) => ((l.injections = []), void (l.growth[1]!.idleInTransactionMs = 5_001))],
    [
      'a process gets fatter',
      (l) =>
        void (l.growth = Array.from({ length: 60 }, (_, n) => ({
          ...l.growth[0]!,
          at: at(n * 30_000),
          processes: { 'api-1': { pid: 1, mb: 90 + n, files: 40 } },
        }))),
    ],
  ],
  'I-22': [
    ['too late', (l) => void (l.injections[0]!.recoveries = [{ what: 'first 202', ms: 5_001, boundMs: 5_000 }])],
    ['never', (l) => void (l.injections[0]!.recoveries = [{ what: 'first life', ms: null, boundMs: 5_000 }])],
    ['asked to end and had to be killed', (l) => void (l.stops[0]!.ms = null)],
  ],
  'I-23': [
    ['a 500', (l) => void Object.assign(l.attempts[5]!, { status: 500 })],
    ['an error that is no problem document', (l) => void Object.assign(l.attempts[5]!, { contentType: 'text/html' })],
    ['503 while PostgreSQL was left alone', (l) => void l.attempts.push({ ...l.attempts[0]!, at: at(10_000) })],
    [
      '503 on a machine that others use, without a word of shedding',
      (l) => (
        void (l.cpu = [{ at: at(10_000), cores: { others: 1.9 } }]),
        void l.attempts.push({ ...l.attempts[0]!, at: at(10_000) })
      ),
    ],
    ['503 without Retry-After', (l) => void delete l.attempts[0]!.retryAfter],
    [
      'no answer from an API that was left alone',
      (l) => void l.attempts.push({ op: 1, at: at(10_000), ms: 3, api: 'api-1', body: 'own', outcome: 'cut' }),
    ],
    ['an answer after 16 s', (l) => void (l.attempts[1]!.ms = 16_000)],
  ],
  'I-24': [
    [
      'ready although PostgreSQL has been frozen for 6 s',
      (l) => void (l.probes.find((one) => one.what === 'ready' && one.at === at(18_000))!.status = 200),
    ],
    [
      'not ready long after PostgreSQL is back',
      (l) => l.probes.filter((one) => one.what === 'ready' && one.at > at(19_600)).forEach((one) => (one.status = 503)),
    ],
    [
      'not alive and left alone',
      (l) => void (l.probes.find((one) => one.what === 'live' && one.at === at(9_000))!.status = null),
    ],
  ],
  'I-25': [
    [
      'a poisoned document without an end',
      (l) => Object.assign(finalRead(l, 8), { state: 'PROCESSING', errorCode: null }),
    ],
    [
      'a poisoned document was told to somebody',
      (l) => void l.books.push({ ...pageOf(l, 1), party: 'tax', leg: 'tax', id: 's-8', op: 8 }),
    ],
  ],
};
