import { ask, key } from './ask.js';
import { h, say } from './build.js';
import { find } from './find.js';
import { letters } from './letters.js';
import { AGAIN_MS as OVERVIEW_AGAIN_MS, overview } from './overview.js';
import { AGAIN_MS as SUBMISSION_AGAIN_MS, submission } from './submission.js';

const view = /** @type {HTMLElement} */ (document.getElementById('view'));
const nav = /** @type {HTMLElement} */ (document.querySelector('nav'));
const forget = /** @type {HTMLElement} */ (document.getElementById('forget'));
const FINAL = ['COMPLETED', 'FAILED'];

/** @type {import('./shapes.d.ts').Kind[]} */
let kinds = [];
let seeing = new AbortController();
let again = 0;

/** Which view an address means: its parts, made with what it needs, and how soon to look again. */
function viewAt(/** @type {string} */ hash, /** @type {AbortSignal} */ signal) {
  const [place = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name, path, id] = place.split('/');
  const query = new URLSearchParams(search);
  if (name === 'dead-letters') return { made: letters(signal, query, kinds), againMs: 0 };
  if (name === 'submissions' && path && id)
    return { made: submission(signal, path, decodeURIComponent(id)), againMs: SUBMISSION_AGAIN_MS };
  if (name === 'submissions') return { made: find(signal, query, kinds), againMs: 0 };
  return { made: overview(signal), againMs: OVERVIEW_AGAIN_MS };
}

async function show({ quietly = false } = {}) {
  clearTimeout(again);
  seeing.abort();
  seeing = new AbortController();
  const { signal } = seeing;
  if (!key.get()) return signIn();
  try {
    if (kinds.length === 0)
      ({ kinds } = /** @type {import('./shapes.d.ts').Overview} */ (await ask('console/data/overview', { signal })));
    const { made, againMs } = viewAt(location.hash, signal);
    const parts = (await made).filter((part) => part !== null);
    if (signal.aborted) return;
    frame(true);
    place(parts, quietly);
    const settled = againMs === SUBMISSION_AGAIN_MS && FINAL.includes(view.querySelector('.badge')?.textContent ?? '');
    if (againMs > 0 && !settled) again = setTimeout(lookAgain, againMs);
  } catch (error) {
    if (signal.aborted) return;
    trouble(/** @type {Error & { status?: number }} */ (error), quietly);
  }
}

/** Puts a view on the page. A quiet renewal keeps scroll, focus and what is folded open; a new view takes the focus. */
function place(/** @type {HTMLElement[]} */ parts, /** @type {boolean} */ quietly) {
  const folded = view.querySelector('details')?.open;
  const at =
    document.activeElement && view.contains(document.activeElement)
      ? [...view.querySelectorAll('a,button,input,[tabindex]')].indexOf(document.activeElement)
      : -1;
  view.replaceChildren(...parts);
  if (quietly) {
    const details = view.querySelector('details');
    if (details && folded) details.open = true;
    const focus = at < 0 ? undefined : [...view.querySelectorAll('a,button,input,[tabindex]')][at];
    if (focus instanceof HTMLElement) focus.focus({ preventScroll: true });
    return;
  }
  document.title = `${view.querySelector('h1')?.textContent ?? 'Console'} · Countersign`;
  view.focus();
  scrollTo(0, 0);
}

function lookAgain() {
  const busy = document.hidden || document.querySelector('dialog[open]') !== null;
  if (busy) again = setTimeout(lookAgain, 1_000);
  else void show({ quietly: true });
}

function trouble(/** @type {Error & { status?: number }} */ error, /** @type {boolean} */ quietly) {
  if (error.status === 401 || error.status === 403) {
    key.forget();
    kinds = [];
    return signIn(error.message);
  }
  if (quietly) {
    say(error.message);
    again = setTimeout(lookAgain, OVERVIEW_AGAIN_MS);
    return;
  }
  frame(true);
  place(
    [
      h('h1', {}, error.status === 404 ? 'Not found' : 'That did not work'),
      h('section', { class: 'alarm' }, error.message),
      h('p', {}, h('a', { href: '#/submissions' }, 'Find a submission')),
    ],
    false,
  );
}

function frame(/** @type {boolean} */ isIn) {
  nav.hidden = !isIn;
  forget.hidden = !isIn;
  const here = location.hash.replace(/^#\/?/, '').split(/[/?]/)[0] ?? '';
  for (const link of nav.querySelectorAll('a')) {
    const there = (link.getAttribute('href') ?? '').replace(/^#\/?/, '');
    if (there === here) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function signIn(problem = '') {
  frame(false);
  const field = h('input', {
    name: 'key',
    type: 'password',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'key-note',
  });
  const onsubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    key.set(/** @type {HTMLInputElement} */ (field).value.trim());
    void show();
  };
  const note = 'A key with the scope admin. It stays in this tab and is forgotten when you close it.';
  const form = h(
    'form',
    { onsubmit },
    h('label', {}, 'Administrator key', field),
    h('p', { id: 'key-note', class: 'soft' }, note),
    h('div', { class: 'actions' }, h('button', { type: 'submit' }, 'Look in')),
  );
  view.replaceChildren(signInSection(problem, form));
  field.focus();
}

function signInSection(/** @type {string} */ problem, /** @type {HTMLElement} */ form) {
  return h(
    'section',
    { class: 'signin' },
    h('h1', {}, 'Who is looking?'),
    problem ? h('p', { class: 'alarm', role: 'alert' }, problem) : null,
    form,
  );
}

forget.addEventListener('click', () => {
  key.forget();
  kinds = [];
  void show();
});
window.addEventListener('hashchange', () => void show());
// A click whose request was refused says so; nothing is lost silently.
window.addEventListener('unhandledrejection', (event) =>
  say(event.reason instanceof Error ? event.reason.message : String(event.reason)),
);
void show();
