import { readdir } from 'node:fs/promises';

/**
 * One submission `pnpm demo` makes, of any kind: `packages/kinds/src/<kind>/demo.ts` exports `demo: DemoScenario[]`.
 * `{unique}` in a string of the body or headers becomes a new word per run, `{callbackUrl}` the demo client's URL.
 */
export interface DemoScenario {
  /** The fate, for people: `504 but kept`. */
  readonly title: string;
  /** `/v1/transactions` */
  readonly path: string;
  /** An object is sent as JSON; a string as it is (give the content type in `headers`). */
  readonly body: string | Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expect: 'COMPLETED' | 'FAILED' | 'UNRESOLVED';
  /** Why it may take a while, said while waiting. Settings are named by their variables. */
  readonly waitsFor?: string;
}

/** A scenario with its kind. */
export interface Act extends DemoScenario {
  readonly kind: string;
}

/** The scenarios of every kind that has a `demo.ts`, in the order of the folders. Throws when one is not as described. */
export async function loadActs(kindsFolder: URL): Promise<Act[]> {
  const acts: Act[] = [];
  const folders = await readdir(kindsFolder, { withFileTypes: true });
  for (const kind of folders.filter((entry) => entry.isDirectory()).map(({ name }) => name)) {
    if (!(await readdir(new URL(`${kind}/`, kindsFolder))).includes('demo.ts')) continue;
    const module: unknown = await import(new URL(`${kind}/demo.ts`, kindsFolder).href);
    acts.push(...scenariosOf(kind, module).map((scenario) => ({ kind, ...scenario })));
  }
  return acts;
}

function scenariosOf(kind: string, module: unknown): readonly DemoScenario[] {
  // Not `instanceof Object`: a module has no prototype.
  const demo = typeof module === 'object' && module !== null && 'demo' in module ? module.demo : undefined;
  const wrong = `packages/kinds/src/${kind}/demo.ts must export demo: a list of { title, path, body, expect }`;
  if (!Array.isArray(demo)) throw new Error(wrong);
  for (const one of demo as unknown[]) {
    const whole = one instanceof Object && ['title', 'path', 'body', 'expect'].every((name) => name in one);
    if (!whole) throw new Error(`${wrong}; given ${JSON.stringify(one)}`);
  }
  // A module's exports have no type at run time: the names were looked at above, the rest is the kind's own.
  return demo as DemoScenario[];
}

/** `value` with `{name}` replaced in every string of it, however deep. Other braces stay. */
export function filled<Value>(value: Value, words: Readonly<Record<string, string>>): Value {
  // JSON in, JSON of the same shape out: only the contents of strings change.
  return JSON.parse(JSON.stringify(value), (_key, inner: unknown) =>
    typeof inner === 'string' ? inner.replaceAll(/\{(\w+)\}/g, (whole, name: string) => words[name] ?? whole) : inner,
  ) as Value;
}
