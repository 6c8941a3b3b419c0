import { ask } from './ask.js';
import { h, table } from './build.js';
import { badge, linkTo, moment } from './words.js';

const STATUSES = ['', 'UNRESOLVED', 'PROCESSING', 'PENDING', 'FAILED', 'COMPLETED'];

/**
 * Submissions of all clients: by id, or newest first.
 * @param {AbortSignal} signal @param {URLSearchParams} query @param {{ kind: string, path: string }[]} kinds
 */
export async function find(signal, query, kinds) {
  const path = query.get('path') ?? kinds[0]?.path ?? '';
  const only = new URLSearchParams([...query].filter(([name, value]) => name !== 'path' && value !== ''));
  const page = await ask(`console/data/${path}?${only}`, { signal });
  return [
    h('h1', {}, 'Submissions'),
    h('section', {}, h('h2', {}, 'Find one'), byId(query.get('path') ?? 'any', kinds)),
    h(
      'section',
      {},
      h('h2', {}, 'Newest first'),
      filter(path, query.get('status') ?? '', kinds),
      page.data.length === 0 ? h('p', { class: 'empty' }, 'None.') : list(page.data, path),
      older(page, query, path),
    ),
  ];
}

/** @param {string} path @param {{ kind: string, path: string }[]} kinds */
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

/** @param {string} path @param {{ kind: string, path: string }[]} kinds */
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
    kindChoice(path, [{ kind: 'any', path: 'any' }, ...kinds]),
    h('label', { class: 'wide' }, "submissionId, or the client's id", field),
    h('button', { type: 'submit' }, 'Find'),
  );
}

/** @param {string} path @param {string} status @param {{ kind: string, path: string }[]} kinds */
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
    kindChoice(path, kinds),
    h('label', {}, 'Status', h('select', { name: 'status' }, ...options)),
    h('button', { type: 'submit', class: 'quiet' }, 'Show'),
  );
}

function list(/** @type {any[]} */ data, /** @type {string} */ path) {
  return table('Of all clients', data, [
    { head: 'Accepted', cell: ({ createdAt }) => moment(createdAt), time: true },
    { head: "Client's id", cell: ({ id, submissionId }) => linkTo(path, submissionId, id) },
    { head: 'Status', cell: ({ status }) => badge(status) },
    { head: 'Reason', cell: ({ error }) => (error ? h('code', {}, error.code) : '') },
    { head: 'Moved', cell: ({ updatedAt }) => moment(updatedAt), time: true },
  ]);
}

function older(/** @type {any} */ page, /** @type {URLSearchParams} */ query, /** @type {string} */ path) {
  if (!page.nextCursor) return null;
  const next = new URLSearchParams(query);
  next.set('path', path);
  next.set('cursor', page.nextCursor);
  return h('p', {}, h('a', { href: `#/submissions?${next}` }, 'Older'));
}
