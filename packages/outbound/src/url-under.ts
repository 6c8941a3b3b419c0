/**
 * Joins a path to a configured base URL and keeps the base's own path: `urlUnder('https://a/v1/', '/x')` is `https://a/v1/x`
 * (`new URL('/x', base)` would lose `/v1`). Segments of strangers must be encoded by the one who writes the path.
 */
export function urlUnder(base: string, path: string): string {
  const trimmed = base.endsWith('/') ? base.slice(0, -1) : base;
  return path.startsWith('/') || path === '' ? trimmed + path : `${trimmed}/${path}`;
}
