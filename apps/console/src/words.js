import { h } from './build.js';

const TONE = {
  COMPLETED: 'good', DONE: 'good', up: 'good', ready: 'good', delivered: 'good',
  FAILED: 'bad', REFUSED: 'bad', down: 'bad', 'not ready': 'bad',
  UNRESOLVED: 'warn',
};

/** A status as a coloured word; the word itself says all, the colour only helps. @param {string} status */
export function badge(status) {
  return h('span', { class: `badge ${TONE[/** @type {keyof typeof TONE} */ (status)] ?? ''}` }, status);
}

/** A moment in the reader's own time zone, to the millisecond where it matters; the title has it in UTC. @param {string | null} iso */
export function moment(iso, precise = false) {
  if (!iso) return '–';
  const at = new Date(iso);
  const options = /** @type {Intl.DateTimeFormatOptions} */ ({ dateStyle: 'short', timeStyle: 'medium' });
  const text = precise ? `${at.toLocaleTimeString([], { hour12: false })}.${String(at.getMilliseconds()).padStart(3, '0')}` : at.toLocaleString([], options);
  return h('time', { datetime: iso, title: iso }, text);
}

/** Milliseconds as people say them. @param {number | null | undefined} ms */
export function span(ms) {
  if (ms === null || ms === undefined) return '–';
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
