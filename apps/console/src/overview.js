import { ask } from './ask.js';
import { h, table } from './build.js';
import { badge, span, upTo10k } from './words.js';

/** Health, what lies where, and how old it is. Seen again every 5 s while the page is. */
export const AGAIN_MS = 5_000;

/** @param {AbortSignal} signal */
export async function overview(signal) {
  const [health, { queues, gauges }] = await Promise.all([
    /** @type {Promise<import('./shapes.d.ts').Health>} */ (ask('health/ready', { signal, open: true })),
    /** @type {Promise<import('./shapes.d.ts').Overview>} */ (ask('console/data/overview', { signal })),
  ]);
  return [
    h('h1', {}, 'Overview'),
    h('div', { class: 'columns' }, healthOf(health), figuresOf(gauges)),
    queuesOf(queues),
  ];
}

/** @param {import('./shapes.d.ts').Health} health */
function healthOf({ status, dependencies = {} }) {
  const rows = Object.entries(dependencies);
  return h(
    'section',
    { class: status === 'ready' ? undefined : 'alarm' },
    h('h2', {}, 'Health ', badge(status ?? 'unknown')),
    table('What this API depends on', rows, [
      { head: 'Dependency', cell: ([name]) => name },
      { head: 'State', cell: ([, { status: state }]) => badge(state) },
      {
        head: 'Answers in',
        cell: ([, { latencyMs, error }]) => (latencyMs === undefined ? (error ?? '–') : span(latencyMs)),
        number: true,
      },
    ]),
  );
}

/** When what waits is older than this somebody should look. */
const OLD_MS = 60_000;

/** @param {import('./shapes.d.ts').Gauges | null} gauges */
function figuresOf(gauges) {
  if (!gauges)
    return h(
      'section',
      { class: 'alarm' },
      h('h2', {}, 'Submissions'),
      h('p', {}, 'PostgreSQL is away: nothing can be counted, and nothing is accepted.'),
    );
  const figure = (/** @type {string} */ name, /** @type {string} */ value, warn = false) =>
    h('div', { class: warn ? 'warn' : undefined }, h('dt', {}, name), h('dd', {}, value));
  return h(
    'section',
    {},
    h('h2', {}, 'Submissions'),
    h(
      'dl',
      { class: 'figures' },
      figure('Not finished', upTo10k(gauges.unfinished)),
      figure('Without a ticket', upTo10k(gauges.undispatched)),
      figure('… the oldest for', span(gauges.oldestUndispatchedMs), gauges.oldestUndispatchedMs > OLD_MS),
      figure('Most overdue by', span(gauges.oldestOverdueMs), gauges.oldestOverdueMs > OLD_MS),
      figure('Callbacks waiting', upTo10k(gauges.callbacksWaiting)),
      figure('Dead letters', upTo10k(gauges.deadLetters), gauges.deadLetters > 0),
    ),
    h(
      'p',
      {},
      'See what ',
      h('a', { href: '#/submissions?status=UNRESOLVED' }, 'is unresolved'),
      ', ',
      h('a', { href: '#/submissions?status=PROCESSING' }, 'is on its way'),
      ', ',
      h('a', { href: '#/dead-letters' }, 'was given up on'),
      '.',
    ),
  );
}

/** @param {import('./shapes.d.ts').Overview['queues']} queues */
function queuesOf(queues) {
  if (!queues)
    return h(
      'section',
      { class: 'alarm' },
      h('h2', {}, 'Queues'),
      h('p', {}, 'Redis is away: submissions are accepted and wait in PostgreSQL until it is back.'),
    );
  const count =
    (/** @type {Exclude<keyof import('./shapes.d.ts').Depth, 'oldestMs'>} */ name) =>
    (/** @type {[string, import('./shapes.d.ts').Depth]} */ [, depth]) =>
      depth[name].toLocaleString('en');
  return h(
    'section',
    {},
    h('h2', {}, 'Queues'),
    table('One queue per step', Object.entries(queues), [
      { head: 'Step', cell: ([step]) => step },
      { head: 'Waiting', cell: count('waiting'), number: true },
      { head: 'Oldest', cell: ([, depth]) => (depth.waiting > 0 ? span(depth.oldestMs) : '–'), number: true },
      { head: 'In work', cell: count('active'), number: true },
      { head: 'Parked', cell: count('delayed'), number: true },
      { head: 'Roots waiting', cell: count('waitingForChildren'), number: true },
      { head: 'Given up', cell: count('failed'), number: true },
    ]),
  );
}
