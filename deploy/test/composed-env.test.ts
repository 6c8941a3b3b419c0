import { discoverContracts, discoverPlans } from '@countersign/kinds';
import { expect, test } from 'vitest';
import { readApiEnv } from '../../apps/api/src/env.ts';
import { readWorkerEnv } from '../../apps/worker/src/env.ts';
import { service } from './files.ts';

/** The environment a service gets where `.env` holds only what must be given. */
function environmentOf(name: string): Record<string, string> {
  const given = Object.entries(service(name).environment ?? {}).map(([variable, value]) => {
    const filled = value.replaceAll(/\$\{([A-Z0-9_]+):([-?])([^}]*)\}/g, (_, _name, how: string, rest: string) =>
      how === '-' ? rest : 'given-by-the-operator',
    );
    return [variable, filled] as const;
  });
  return Object.fromEntries(given);
}

const nothing = { problems: [], warnings: [] };

test('the door likes what the compose file gives it, and knows every variable', async () => {
  const { value, ...trouble } = readApiEnv(environmentOf('api'), await discoverContracts());
  expect(trouble).toEqual(nothing);
  expect(Object.keys(value?.providers ?? {})).toEqual(
    expect.arrayContaining(['CSP_A', 'CSP_B', 'bank', 'on-ramp', 'tax']),
  );
});

test('so does the engine room; every third party has an address there', async () => {
  const { value, ...trouble } = readWorkerEnv(environmentOf('worker'), await discoverPlans());
  expect(trouble).toEqual(nothing);
  const without = Object.values(value?.providers ?? {}).filter(({ url }) => url === undefined);
  expect(without.map(({ name }) => name)).toEqual([]);
});
