import { globSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** The repository's top, with a slash at the end. */
export const root = new URL('../../', import.meta.url).pathname;

export function textOf(file: string): string {
  return readFileSync(root + file, 'utf8');
}

/** Compose files use YAML's merge keys (`<<`). */
export function yamlOf<T>(file: string): T {
  // A cast at the wall: the files are ours, and each test looks at what it uses.
  return parse(textOf(file), { merge: true }) as T;
}

/** The sources of these folders, tests left out, as one text. */
export function sourcesOf(...folders: readonly string[]): string {
  const files = folders.flatMap((folder) => globSync(`${folder}/src/**/*.ts`, { cwd: root }));
  return files
    .filter((file) => !file.endsWith('.test.ts'))
    .map(textOf)
    .join('\n');
}

export interface Service {
  readonly image: string;
  readonly build?: { readonly target: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly profiles?: readonly string[];
  readonly container_name?: string;
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const compose = yamlOf<Compose>('docker-compose.yml');

/** A service of the file, or an error that names it. */
export function service(name: string): Service {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}
