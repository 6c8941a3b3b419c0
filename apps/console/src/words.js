import { h } from './build.js';

const TONE = {
  COMPLETED: 'good',
  DONE: 'good',
  up: 'good',
  ready: 'good',
  delivered: 'good',
  FAILED: 'bad',
  REFUSED: 'bad',
  down: 'bad',
  'not ready': 'bad',
  UNRESOLVED: 'warn',
};

/** A status as a coloured word; the word itself says all, the colour only helps. @param {string} status */
export function badge(status) {
  return h('span', { class: `badge ${TONE[/** @type {keyof typeof TONE} */ (status)] ?? ''}` }, status);
}

const two = (/** @type {number} */ value) => String(value).padStart(2, '0');

/** A moment in the reader's own time zone, year first so that it reads the same everywhere; the title has it in UTC. @param {string | null} iso */
export function moment(iso) {
  if (!iso) return '–';
  const at = new Date(iso);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return h(
    'time',
    { datetime: iso, title: iso },
    `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
  );
}

/** To the millisecond, and without the day where all of a list is of one. @param {string} iso @param {boolean} sameDay */
export function preciseMoment(iso, sameDay) {
  const whole = moment(iso);
  if (typeof whole === 'string') return whole;
  const text = `${whole.textContent}.${String(new Date(iso).getMilliseconds()).padStart(3, '0')}`;
  whole.textContent = sameDay ? text.slice(11) : text;
  return whole;
}

/** A sentence of the API's with the times in it as moments. @param {string} text */
export function withMoments(text) {
  return text.split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/).map((part, at) => (at % 2 === 1 ? moment(part) : part));
}

/** Milliseconds as people say them. @param {number | null | undefined} ms */
export function span(ms) {
  if (!ms) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}

/** Counts that stop at 10,000 say so. @param {number} count */
export function upTo10k(count) {
  return count >= 10_000 ? '10,000+' : count.toLocaleString('en');
}

/** @param {string} path @param {string} id @param {string} [text] */
export function linkTo(path, id, text = id) {
  return h('a', { href: `#/submissions/${path}/${encodeURIComponent(id)}`, class: 'mono' }, text);
}
