import { ask } from './ask.js';
import { confirmed, facts, h, say, table } from './build.js';
import { badge, moment, preciseMoment, span, withMoments } from './words.js';

/** Seen again this often while it has no end. */
export const AGAIN_MS = 2_000;

/**
 * One submission: how it stands, why it waits, what may be done, and everything that happened.
 * @param {AbortSignal} signal @param {string} path @param {string} id
 */
export async function submission(signal, path, id) {
  /** @type {import('./shapes.d.ts').Found} */
  const found = await ask(`console/data/${path}/${encodeURIComponent(id)}`, { signal });
  const { resource, waits, timeline } = found;
  // Asked for among all kinds, it says where it belongs.
  const ownPath = found.path;
  return [
    h('h1', {}, `${resource.kind} ${resource.id}`),
    h('div', { class: 'columns' }, standing(found), waits.length > 0 ? whyItWaits(waits) : null),
    actions(ownPath, resource),
    h('section', {}, h('h2', {}, 'Third parties'), registrations(resource.registrations)),
    h('section', {}, h('h2', {}, 'Timeline'), timelineOf(timeline)),
    h(
      'section',
      {},
      h(
        'details',
        {},
        h('summary', {}, 'The request as accepted'),
        h('pre', { class: 'scroll mono', tabindex: '0' }, JSON.stringify(resource.request, null, 2)),
      ),
    ),
  ];
}

/** @param {import('./shapes.d.ts').Found} found */
function standing({ resource, clientId, callbackUrl }) {
  const { status, version, submissionId, createdAt, updatedAt, settledAt, error } = resource;
  return h(
    'section',
    {},
    h('h2', {}, 'Standing ', badge(status)),
    facts([
      ['Reason', error ? `${error.code}: ${error.message}` : null],
      ['submissionId', h('span', { class: 'mono' }, submissionId)],
      ['Client', h('span', { class: 'mono' }, clientId)],
      ['Version', version],
      ['Accepted', moment(createdAt)],
      ['Moved', moment(updatedAt)],
      ['Settled', settledAt ? moment(settledAt) : null],
      ['Callbacks to', callbackUrl ?? 'nobody'],
    ]),
  );
}

/** @param {import('./shapes.d.ts').Wait[]} waits */
function whyItWaits(waits) {
  return h(
    'section',
    {},
    h('h2', {}, 'Why it waits'),
    h(
      'ul',
      { class: 'waits' },
      ...waits.map(({ who, reason, answered, act }) =>
        h(
          'li',
          {},
          h('p', {}, who ? h('strong', {}, `${who}: `) : null, ...withMoments(reason)),
          answered ? h('p', { class: 'soft' }, 'Last answer: ', ...withMoments(answered)) : null,
          h('p', {}, h('strong', {}, 'To do: '), ...withMoments(act)),
        ),
      ),
    ),
  );
}

/** @param {import('./shapes.d.ts').Registration[]} rows */
function registrations(rows) {
  if (rows.length === 0) return h('p', { class: 'empty' }, 'None yet.');
  return table('How it stands in their books', rows, [
    { head: 'Third party', cell: ({ provider }) => provider },
    { head: 'Status', cell: ({ status }) => badge(status) },
    { head: 'Attempts', cell: ({ attempts }) => attempts, number: true },
    { head: 'Their reference', cell: ({ reference }) => (reference ? h('code', {}, reference) : '') },
    { head: 'Moved', cell: ({ updatedAt }) => moment(updatedAt), time: true },
  ]);
}

/** @param {import('./shapes.d.ts').Entry[]} entries */
function timelineOf(entries) {
  const sameDay = new Set(entries.map(({ at }) => new Date(at).toDateString())).size === 1;
  const caption = sameDay ? `${new Date(entries[0]?.at ?? 0).toDateString()}, oldest first` : 'Oldest first';
  return table(caption, entries, [
    { head: 'At', cell: ({ at }) => preciseMoment(at, sameDay), time: true },
    {
      head: 'What',
      cell: ({ type, provider, attempt }) => [
        h('strong', {}, type),
        provider ? ` ${provider}` : '',
        attempt ? ` #${attempt}` : '',
      ],
    },
    { head: 'Outcome', cell: ({ from, to }) => [from ? `${from} → ` : '', to ?? ''].join('') },
    { head: 'Answer', cell: ({ statusCode }) => statusCode ?? '', number: true },
    { head: 'Took', cell: ({ durationMs }) => (durationMs ? span(durationMs) : ''), number: true },
    {
      head: 'Note',
      cell: ({ error, reason, actor }) => [error, reason, actor ? `by ${actor}` : ''].filter(Boolean).join(' · '),
    },
    {
      head: 'Request id',
      cell: ({ requestId }) =>
        requestId ? h('code', {}, requestId.length > 20 ? `${requestId.slice(0, 8)}…` : requestId) : '',
    },
  ]);
}

/** @param {string} path @param {import('./shapes.d.ts').Resource} resource */
function actions(path, resource) {
  const at = `v1/${path}/${resource.submissionId}`;
  const act = async (/** @type {string} */ what, /** @type {unknown} */ body) => {
    await ask(`${at}/${what}`, { method: 'POST', ...(body === undefined ? {} : { body }) });
    say(what === 'replay' ? 'It is tried again.' : 'Settled; the client is told.');
    window.dispatchEvent(new Event('hashchange'));
  };
  const replay = async () => {
    const text =
      'Only the step or callback that failed is repeated, never a settled effect. The third party is asked before it is told.';
    if (await confirmed({ title: 'Replay this submission?', text, act: 'Replay' })) await act('replay', undefined);
  };
  const resolve = async () => {
    const choice = h('select', { name: 'status' }, h('option', {}, 'COMPLETED'), h('option', {}, 'FAILED'));
    const reason = h('textarea', {
      name: 'reason',
      required: true,
      maxlength: '1000',
      rows: '3',
      placeholder: 'How you know: whom you asked, what they said',
    });
    const given = await confirmed({
      title: 'Settle it by hand?',
      text: 'Ask the third party by other means first. This is final, the client is told, and your reason stands in the timeline.',
      act: 'Settle',
      fields: [h('label', {}, 'It is', choice), h('label', {}, 'Reason', reason)],
    });
    if (given) await act('resolve', { status: given.status, reason: given.reason });
  };
  const { status } = resource;
  const unresolved = status === 'UNRESOLVED';
  const buttons = [
    h('button', { type: 'button', onclick: replay, class: unresolved ? undefined : 'quiet' }, 'Replay…'),
    unresolved ? h('button', { type: 'button', class: 'quiet', onclick: resolve }, 'Settle by hand…') : null,
  ];
  const onItsWay = status === 'PENDING' || status === 'PROCESSING';
  return h(
    'section',
    {},
    h('h2', {}, 'What you can do'),
    h('p', { class: 'soft' }, adviceOn(status)),
    onItsWay
      ? null
      : h(
          'div',
          { class: 'actions' },
          buttons.filter((button) => button !== null),
        ),
  );
}

function adviceOn(/** @type {string} */ status) {
  if (status === 'UNRESOLVED') return 'We do not know how it ended, and nobody has told the client that it failed.';
  if (status === 'PENDING' || status === 'PROCESSING') return 'Nothing here: it is on its way.';
  return 'It has its end. Replay sends its callback again, if that was given up.';
}
