/**
 * Makes an element. Text is always text: nothing from a client or third party is ever parsed as HTML.
 * @param {string} tag
 * @param {Record<string, unknown>} [properties] `on…` are listeners, `class`, `data-…`, `aria-…` and the like are attributes
 * @param {...(Node | string | number | null | undefined | false | (Node | string)[])} children
 * @returns {HTMLElement}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * A table that becomes cards on a phone. Each column: its heading, what stands in a cell, and whether it is a number.
 * @template Row
 * @param {string} caption
 * @param {Row[]} rows
 * @param {{ head: string, cell: (row: Row) => unknown, number?: boolean, time?: boolean }[]} columns
 */
export function table(caption, rows, columns) {
  const kindOf = (/** @type {{ number?: boolean, time?: boolean }} */ column) =>
    column.number ? 'number' : column.time ? 'time' : undefined;
  const head = h('tr', {}, ...columns.map((column) => h('th', { scope: 'col', class: kindOf(column) }, column.head)));
  const body = rows.map((row) =>
    h('tr', {}, ...columns.map((column) => cellOf(column.head, kindOf(column), column.cell(row)))),
  );
  const made = h('table', { class: 'cards' }, h('caption', {}, caption), h('thead', {}, head), h('tbody', {}, ...body));
  // Reachable by keyboard, because it may scroll sideways.
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption }, made);
}

/** An empty cell is left out of a card. @param {string} head @param {string | undefined} kind @param {unknown} content */
function cellOf(head, kind, content) {
  const classes = [kind, content === '' ? 'none' : undefined].filter(Boolean).join(' ');
  return h('td', { class: classes || undefined, 'data-label': head }, h('div', {}, /** @type {Node} */ (content)));
}

/** @param {[string, unknown][]} pairs */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return h(
    'dl',
    { class: 'facts' },
    ...shown.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, /** @type {Node} */ (value))]),
  );
}

/** Says something to eyes and to screen readers; gone after a while. @param {string} text */
export function say(text) {
  const place = /** @type {HTMLElement} */ (document.getElementById('said'));
  place.textContent = text;
  clearTimeout(Number(place.dataset.timer));
  place.dataset.timer = String(setTimeout(() => (place.textContent = ''), 6_000));
}

/**
 * Asks before something is done. Resolves to the form's values, or null when it was called off.
 * @param {{ title: string, text: string, act: string, fields?: HTMLElement[] }} question
 * @returns {Promise<Record<string, string> | null>}
 */
export function confirmed({ title, text, act, fields = [] }) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById('dialog'));
  return new Promise((resolve) => {
    /** @type {Record<string, string> | null} */
    let answer = null;
    const form = h(
      'form',
      {
        onsubmit: (/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          const entries = [...new FormData(/** @type {HTMLFormElement} */ (form))];
          answer = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
          dialog.close();
        },
      },
      h('h2', { id: 'dialog-title' }, title),
      h('p', {}, text),
      ...fields,
      h(
        'div',
        { class: 'actions' },
        h('button', { type: 'submit' }, act),
        h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Cancel'),
      ),
    );
    dialog.replaceChildren(form);
    dialog.addEventListener('close', () => resolve(answer), { once: true });
    dialog.showModal();
  });
}
