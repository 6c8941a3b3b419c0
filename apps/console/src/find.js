import { ask } from './ask.js';
import { h, table } from './build.js';
import { badge, linkTo, moment } from './words.js';

const ANY = { kind: 'any', path: 'any' };
const STATUSES = ['', 'UNRESOLVED', 'PROCESSING', 'PENDING', 'FAILED', 'COMPLETED'];

/**
 * Submissions of all clients: by id, or newest first.
 * @param {AbortSignal} signal @param {URLSearchParams} query @param {import('./shapes.d.ts').Kind[]} kinds
 */
export async function find(signal, query, kinds) {
  const path = query.get('path') ?? ANY.path;
  const only = new URLSearchParams([...query].filter(([name, value]) => name !== 'path' && value !== ''));
  /** @type {import('./shapes.d.ts').Page<import('./shapes.d.ts').Resource>} */
  const page = await ask(`console/data/${path}?${only}`, { signal });
  return [
    h('h1', {}, 'Submissions'),
    h('section', {}, h('h2', {}, 'Find one'), byId(query.get('path') ?? 'any', kinds)),
    h(
      'section',
      {},
      h('h2', {}, 'Newest first'),
      filter(path, query.get('status') ?? '', kinds),
      page.data.length === 0 ? h('p', { class: 'empty' }, 'None.') : list(page.data, kinds),
      older(page, query, path),
    ),
  ];
}

/** @param {string} path @param {import('./shapes.d.ts').Kind[]} kinds */
function kindChoice(path, kinds) {
  return h(
    'label',
    {},
    'Kind',
    h(
      'select',
      { name: 'path' },
      ...kinds.map((each) => h('option', { value: each.path, selected: each.path === path }, each.kind)),
    ),
  );
}

function valuesOf(/** @type {SubmitEvent} */ event) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  return (/** @type {string} */ name) => String(form.get(name) ?? '').trim();
}

/** @param {string} path @param {import('./shapes.d.ts').Kind[]} kinds */
function byId(path, kinds) {
  const onsubmit = (/** @type {SubmitEvent} */ event) => {
    const value = valuesOf(event);
    location.hash = `#/submissions/${value('path')}/${encodeURIComponent(value('id'))}`;
  };
  const field = h('input', {
    name: 'id',
    required: true,
    maxlength: '128',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: '0199a1b2-… or tx-123',
  });
  return h(
    'form',
    { class: 'row', onsubmit },
    kindChoice(path, [ANY, ...kinds]),
    h('label', { class: 'wide' }, "submissionId, or the client's id", field),
    h('button', { type: 'submit' }, 'Find'),
  );
}

/** @param {string} path @param {string} status @param {import('./shapes.d.ts').Kind[]} kinds */
function filter(path, status, kinds) {
  const onsubmit = (/** @type {SubmitEvent} */ event) => {
    const value = valuesOf(event);
    location.hash = `#/submissions?${new URLSearchParams({ path: value('path'), status: value('status') })}`;
  };
  const options = STATUSES.map((each) =>
    h('option', { value: each, selected: each === status }, each === '' ? 'any' : each),
  );
  return h(
    'form',
    { class: 'row', onsubmit },
    kindChoice(path, [ANY, ...kinds]),
    h('label', {}, 'Status', h('select', { name: 'status' }, ...options)),
    h('button', { type: 'submit', class: 'quiet' }, 'Show'),
  );
}

/** @param {import('./shapes.d.ts').Resource[]} data @param {import('./shapes.d.ts').Kind[]} kinds */
function list(data, kinds) {
  const pathOf = (/** @type {string} */ kind) => kinds.find((each) => each.kind === kind)?.path ?? ANY.path;
  return table('Of all clients', data, [
    { head: 'Kind', cell: ({ kind }) => kind },
    { head: 'Accepted', cell: ({ createdAt }) => moment(createdAt), time: true },
    { head: "Client's id", cell: ({ kind, id, submissionId }) => linkTo(pathOf(kind), submissionId, id) },
    { head: 'Status', cell: ({ status }) => badge(status) },
    { head: 'Reason', cell: ({ error }) => (error ? h('code', {}, error.code) : '') },
    { head: 'Moved', cell: ({ updatedAt }) => moment(updatedAt), time: true },
  ]);
}

/** @param {import('./shapes.d.ts').Page<unknown>} page @param {URLSearchParams} query @param {string} path */
function older(page, query, path) {
  if (path === ANY.path && page.data.length >= 50)
    return h('p', { class: 'soft' }, 'The newest 50 of all kinds; choose a kind for older ones.');
  if (!page.nextCursor) return null;
  const next = new URLSearchParams(query);
  next.set('path', path);
  next.set('cursor', page.nextCursor);
  return h('p', {}, h('a', { href: `#/submissions?${next}` }, 'Older'));
}
