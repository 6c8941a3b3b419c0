import { ask } from './ask.js';
import { confirmed, h, say, table } from './build.js';
import { linkTo, moment } from './words.js';

const FILTERS = [
  ['kind', 'Kind', 'transaction'],
  ['provider', 'Third party', 'registry'],
  ['error', 'Code', 'NO_END_IN_SIGHT'],
];

/**
 * What was given up on, newest first.
 * @param {AbortSignal} signal @param {URLSearchParams} query @param {import('./shapes.d.ts').Kind[]} kinds
 */
export async function letters(signal, query, kinds) {
  /** @type {import('./shapes.d.ts').Page<import('./shapes.d.ts').Letter>} */
  const page = await ask(`v1/dead-letters?${query}`, { signal });
  const filter = Object.fromEntries([...query].filter(([name]) => FILTERS.some(([known]) => known === name)));
  return [
    h('h1', {}, 'Dead letters'),
    h(
      'section',
      {},
      filterForm(query),
      h(
        'div',
        { class: 'actions' },
        h(
          'button',
          { type: 'button', onclick: () => replayAll(filter), disabled: page.data.length === 0 },
          'Replay all these…',
        ),
      ),
    ),
    h(
      'section',
      {},
      page.data.length === 0 ? h('p', { class: 'empty' }, 'None: nothing was given up on.') : list(page.data, kinds),
      nextLink(page, query),
    ),
  ];
}

function filterForm(/** @type {URLSearchParams} */ query) {
  const form = h(
    'form',
    {
      class: 'row',
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        const given = [...new FormData(/** @type {HTMLFormElement} */ (form))].filter(([, value]) => value !== '');
        location.hash = `#/dead-letters?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
      },
    },
    ...FILTERS.map(([name, label, placeholder]) =>
      h(
        'label',
        {},
        label,
        h('input', { name, placeholder: `e.g. ${placeholder}`, value: query.get(name ?? '') ?? '' }),
      ),
    ),
    h('button', { type: 'submit', class: 'quiet' }, 'Filter'),
  );
  return form;
}

/** @param {import('./shapes.d.ts').Letter[]} data @param {import('./shapes.d.ts').Kind[]} kinds */
function list(data, kinds) {
  const pathOf = (/** @type {string} */ kind) => kinds.find((each) => each.kind === kind)?.path;
  return table('Newest first', data, [
    { head: 'When', cell: ({ at }) => moment(at), time: true },
    { head: 'Code', cell: ({ code }) => h('code', {}, code) },
    { head: 'Where', cell: ({ kind, step, provider }) => [kind, step, provider].filter(Boolean).join(' · ') },
    { head: 'What', cell: ({ message }) => message },
    {
      head: 'Submission',
      cell: ({ kind, submissionId, resourceId }) =>
        pathOf(kind) ? linkTo(pathOf(kind) ?? '', submissionId, resourceId) : resourceId,
    },
    {
      head: '',
      cell: (letter) => (pathOf(letter.kind) ? replayOf(pathOf(letter.kind) ?? '', letter) : ''),
    },
  ]);
}

/** @param {string} path @param {import('./shapes.d.ts').Letter} letter */
function replayOf(path, letter) {
  const onclick = async () => {
    const text = `${letter.code}: ${letter.message}. Only the step or callback that failed is repeated; the third party is asked before it is told.`;
    if (!(await confirmed({ title: 'Replay this submission?', text, act: 'Replay' }))) return;
    await ask(`v1/${path}/${letter.submissionId}/replay`, { method: 'POST' });
    say('It is tried again.');
    window.dispatchEvent(new Event('hashchange'));
  };
  return h(
    'button',
    { type: 'button', class: 'quiet small', onclick, 'aria-label': `Replay ${letter.submissionId}` },
    'Replay…',
  );
}

/** @param {import('./shapes.d.ts').Page<unknown>} page @param {URLSearchParams} query */
function nextLink(page, query) {
  if (!page.nextCursor) return null;
  const next = new URLSearchParams(query);
  next.set('cursor', page.nextCursor);
  return h('p', {}, h('a', { href: `#/dead-letters?${next}` }, 'Older'));
}

/** Counts first, asks, orders, and shows how far it has come. @param {Record<string, string>} filter */
async function replayAll(filter) {
  /** @type {import('./shapes.d.ts').Replay} */
  const { total } = await ask('v1/dead-letters/replay', { method: 'POST', body: { ...filter, dryRun: true } });
  const given = await confirmed({
    title: `Replay ${total} dead letters?`,
    text: 'Each repeats the step or callback that failed, never a settled effect: third parties are asked before they are told.',
    act: `Replay ${total}`,
    fields: [
      h(
        'label',
        {},
        'At most so many per second',
        h('input', { name: 'rate', type: 'number', min: '1', max: '10000', value: '50', required: true }),
      ),
    ],
  });
  if (!given) return;
  /** @type {import('./shapes.d.ts').Replay} */
  let state = await ask('v1/dead-letters/replay', {
    method: 'POST',
    body: { ...filter, ratePerSecond: Number(given.rate) },
  });
  while (state.status === 'RUNNING') {
    say(`Replaying: ${state.done} of ${state.total}`);
    await new Promise((wake) => setTimeout(wake, 1_000));
    state = await ask(`v1/dead-letters/replays/${state.id}`);
  }
  say(
    `Replayed ${state.done - state.refused} of ${state.total}${state.refused > 0 ? `; ${state.refused} had moved on already` : ''}.`,
  );
  window.dispatchEvent(new Event('hashchange'));
}
