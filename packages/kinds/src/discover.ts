import { readdir } from 'node:fs/promises';
import type { KindContract, KindPlan } from './contract.ts';

// From source the folders lie beside this file; in a build, in `kinds/` beside the bundle.
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const FOLDERS = new URL(FROM_SOURCE ? './' : './kinds/', import.meta.url);
const ENDING = FROM_SOURCE ? '.ts' : '.js';

/**
 * The face of every kind for the API: `export const contract` of each folder's `contract` file, by kind name.
 * Plans are not loaded: the API must not carry what only workers run.
 * @throws Error naming the folder whose file is missing or exports something else, or two kinds with one name or path.
 */
export async function discoverContracts(folders: URL = FOLDERS): Promise<readonly KindContract[]> {
  const contracts = await discover<KindContract>(folders, 'contract');
  refuseDoubles(
    contracts.map((c) => c.kind),
    'kind',
  );
  refuseDoubles(
    contracts.map((c) => c.path),
    'path',
  );
  refuseDoubles(
    // Kinds may share a third party; then they share its webhook too, the very same object.
    [...new Set(contracts.flatMap((c) => c.webhooks))].map((w) => w.provider),
    'webhook provider',
  );
  return contracts;
}

/** The face of every kind for the worker: `export const plan` of each folder's `plan` file, by kind name. Throws as above. */
export async function discoverPlans(folders: URL = FOLDERS): Promise<readonly KindPlan[]> {
  const plans = await discover<KindPlan>(folders, 'plan');
  refuseDoubles(
    plans.map((p) => p.kind),
    'kind',
  );
  return plans;
}

async function discover<T extends { readonly kind: string; readonly path: string }>(
  folders: URL,
  face: string,
): Promise<T[]> {
  const entries = await readdir(folders, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const found = await Promise.all(names.sort().map((name) => load<T>(folders, name, face)));
  return found;
}

async function load<T extends { readonly kind: string; readonly path: string }>(
  folders: URL,
  name: string,
  face: string,
): Promise<T> {
  const url = new URL(`${name}/${face}${ENDING}`, folders);
  const module: unknown = await import(url.href).catch((cause: unknown) => {
    throw new Error(`kind folder ${name}: cannot load ${face}${ENDING}`, { cause });
  });
  const value =
    typeof module === 'object' && module !== null && face in module
      ? (module as Record<string, unknown>)[face]
      : undefined;
  if (!(value instanceof Object && 'kind' in value && 'path' in value)) {
    throw new Error(`kind folder ${name}: ${face}${ENDING} must \`export const ${face}\` with a kind and a path`);
  }
  // A module's exports have no type at run time; the folder's own type check has judged the rest.
  return value as unknown as T;
}

function refuseDoubles(names: readonly string[], what: string): void {
  const double = names.find((name, at) => names.indexOf(name) !== at);
  if (double !== undefined) throw new Error(`two kinds have the ${what} ${double}; it must be one kind's only`);
}
