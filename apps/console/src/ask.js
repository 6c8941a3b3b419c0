// The key lives in this tab's sessionStorage and nowhere else; it is gone when the tab is.
const KEY = 'countersign-admin-key';

/** This page is `/console…`, the API is beside it. */
const API = new URL('../', import.meta.url);

export const key = {
  get: () => sessionStorage.getItem(KEY),
  /** @param {string} value */
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

/** What the API said no with: `status`, and its words as the message. */
export class Refused extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.name = 'Refused';
    this.status = status;
  }
}

/**
 * One request to the API with the operator's key.
 * @param {string} path such as `v1/dead-letters`
 * @param {{ method?: string, body?: unknown, signal?: AbortSignal | undefined, open?: boolean }} [options] `open`: an answer that is not 2xx is an answer too
 * @template Said what the API answers there; see shapes.d.ts
 * @returns {Promise<Said>} the JSON, or throws Refused with the API's words
 */
export async function ask(path, { method = 'GET', body, signal, open = false } = {}) {
  const headers = {
    authorization: `Bearer ${key.get() ?? ''}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const init = {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  };
  const answer = await fetch(new URL(path, API), init).catch((error) => {
    if (error.name === 'AbortError') throw error;
    throw new Refused(0, 'The API cannot be reached.');
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok || open) return said;
  throw new Refused(answer.status, said.detail ?? said.title ?? `The API answered ${answer.status}.`);
}
