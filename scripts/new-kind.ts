import { cp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The living kind every new one starts as: a template that cannot rot, since its own tests run every day. */
const PATTERN = 'transaction';
const KINDS = fileURLToPath(new URL('../packages/kinds/src/', import.meta.url));

/** `refund` → `refunds`, `delivery` → `deliveries`, `batch` → `batches`. */
export function pluralOf(name: string): string {
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(name) ? `${name}es` : `${name}s`;
}

/** What is wrong with a kind's name, in words for the person who chose it. */
export function nameProblem(name: string | undefined, taken: readonly string[]): string | undefined {
  if (name === undefined) return 'give the new kind a name: pnpm new:kind refund';
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    return `"${name}" is no name for a kind: lower-case words joined by "-", such as refund or gift-card`;
  if (taken.includes(name)) return `there is a kind ${name} already: packages/kinds/src/${name}`;
  if (taken.map(pluralOf).includes(name)) return `"${name}" is the path of another kind`;
  return undefined;
}

/** Makes the folder `packages/kinds/src/<name>` as a working kind; returns the files it holds. */
export async function makeKind(name: string, kinds: string = KINDS): Promise<string[]> {
  const folder = join(kinds, name);
  await cp(join(kinds, PATTERN), folder, { recursive: true });
  const files = await readdir(folder);
  for (const file of files) {
    const made = join(folder, file.replace(PATTERN, name));
    await rename(join(folder, file), made);
    await writeFile(made, renamed(await readFile(made, 'utf8'), name));
  }
  await writeFile(join(folder, 'README.md'), readme(name));
  return (await readdir(folder)).map((file) => join('packages/kinds/src', name, file));
}

function renamed(text: string, name: string): string {
  const pascal = name.replaceAll(/(^|-)([a-z0-9])/g, (_, _dash, letter: string) => letter.toUpperCase());
  return text
    .replaceAll("'transactions'", `'${pluralOf(name)}'`)
    .replaceAll('/v1/transactions', `/v1/${pluralOf(name)}`)
    .replaceAll("'transaction'", `'${name}'`)
    .replaceAll('Transaction', pascal)
    .replaceAll('transaction', name.replaceAll('-', ' '));
}

function readme(name: string): string {
  return `# ${name}

Made by \`pnpm new:kind ${name}\`, after the pattern of \`${PATTERN}\`: one leg, at the registry. \`POST /v1/${pluralOf(name)}\`.

| file | is | change it for |
| --- | --- | --- |
| \`contract.ts\` | the face for the API: body, key, examples, webhooks | your fields, your key, your answer |
| \`plan.ts\` | the face for the worker: legs and verdict | your third parties, and what follows from what they say |
| \`demo.ts\` | what \`pnpm demo\` sends | the fates worth seeing |
| \`${name}.test.ts\` | the conformance suite over this kind | the bodies that bring about each fate |
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const name = process.argv[2];
  const taken = (await readdir(KINDS, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const problem = nameProblem(name, taken);
  if (problem !== undefined || name === undefined || existsSync(join(KINDS, name))) {
    console.error(problem);
    process.exit(1);
  }
  const files = await makeKind(name);
  console.log(
    `A kind ${name} now stands at POST /v1/${pluralOf(name)}:\n${files.map((file) => `  ${file}`).join('\n')}\n\nTry it:  pnpm test ${name}\nSee it:  pnpm dev, then /docs`,
  );
}
