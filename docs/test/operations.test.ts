import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const textOf = (file: string): string => readFileSync(root + file, 'utf8');
const page = textOf('docs/operations.md');
const [, environment = ''] = page.split(/^## (?=Environment)/m);
const [processes = '', providers = ''] = (environment.split(/^## /m)[0] ?? '').split('Per third party');

/** Variable or setting → what the table says is its default. A row may speak of several, with as many defaults. */
function rows(table: string, defaultColumn: number): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of table.split('\n').filter((each) => each.startsWith('| `'))) {
    const cells = line.split('|').map((cell) => cell.trim());
    const names = [...(cells[1] ?? '').matchAll(/`([A-Z0-9_]+)`/g)].map((match) => match[1] ?? '');
    const defaults = (cells[defaultColumn] ?? '').split(', ');
    for (const [at, name] of names.entries())
      found.set(name, (defaults.length === names.length ? defaults[at] : cells[defaultColumn]) ?? '');
  }
  return found;
}

/** Field → its literal default, where it has one, of every zod field in these lines. */
function fieldsOf(text: string): Map<string, string | undefined> {
  const fields = text.split(/^ {2}(?=[A-Z0-9_]+:)/m).slice(1);
  return new Map(
    fields.map((field) => {
      // The last one ends where its object does.
      const literal = /\.default\('?([\w.]+)'?\)/.exec(field.split(/^\}/m)[0] ?? '')?.[1];
      return [/^[A-Z0-9_]+/.exec(field)?.[0] ?? '', literal?.replaceAll(/(?<=\d)_(?=\d)/g, '')] as const;
    }),
  );
}

test('the table of variables has what the processes read, no more and no less, with the same defaults', () => {
  const files = [
    'packages/process/src/fields.ts',
    'packages/process/src/callback-settings.ts',
    'packages/process/src/archive-settings.ts',
    'apps/worker/src/env.ts',
    'apps/worker/src/payouts/settings.ts',
    'apps/api/src/env.ts',
  ];
  const read = new Map(files.flatMap((file) => [...fieldsOf(textOf(file))]));
  const table = rows(processes, 3);
  expect([...table.keys()].sort()).toEqual([...read.keys()].sort());
  for (const [name, literal] of read) if (literal !== undefined) expect(table.get(name), name).toBe(literal);
});

test("the table of a third party's settings has what is read, no more and no less, with the same defaults", () => {
  const text = textOf('packages/process/src/provider-settings.ts');
  const read = fieldsOf(/const SETTINGS = \{([\s\S]*?)^\};/m.exec(text)?.[1] ?? '');
  const table = rows(providers, 2);
  expect([...table.keys()].sort()).toEqual([...read.keys()].sort());
  for (const [name, literal] of read)
    if (literal !== undefined && /^\d+$/.test(literal)) expect(table.get(name), name).toBe(literal);
});

test('every metric and every alert is explained or leads here', () => {
  const names = [
    ...['gauges.ts', 'visit-metrics.ts', 'payouts/gauges.ts', 'archive/gauges.ts']
      .map((file) => textOf(`apps/worker/src/${file}`))
      .join('')
      .matchAll(/'(countersign_\w+)'/g),
  ].map((match) => match[1] ?? '');
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) expect(page, name).toContain(name);
});

test('links between the pages lead somewhere', () => {
  for (const file of [
    'README.md',
    'docs/architecture.md',
    'docs/operations.md',
    'docs/failures.md',
    'docs/adding-a-kind.md',
    'docs/adr/README.md',
  ]) {
    const targets = [...textOf(file).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] ?? '');
    for (const target of targets)
      expect(existsSync(new URL(target, new URL(file, `file://${root}`))), `${file} → ${target}`).toBe(true);
  }
});
