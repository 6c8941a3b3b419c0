import { existsSync } from 'node:fs';
import { discoverContracts } from '@countersign/kinds';
import { expect, test } from 'vitest';
import { compose, root, service, sourcesOf, textOf } from './files.ts';

const OURS = ['migrate', 'api', 'worker', 'simulator'];
const names = Object.keys(compose.services);
const THIRD_PARTY = /^PROVIDER_(REGISTRY|TAX|WAREHOUSE|ON_RAMP|OFF_RAMP|BANK|CSP_A|CSP_B|PAYMENT_CONTROLS)_/;

test('the services of the plan are there, and Prometheus and Grafana only with the profile observe', () => {
  expect(names.sort()).toEqual(['api', 'grafana', 'migrate', 'postgres', 'prometheus', 'redis', 'simulator', 'worker']);
  const profiled = names.filter((name) => service(name).profiles !== undefined);
  expect(profiled).toEqual(['grafana', 'prometheus']);
});

test.each(names)('%s runs with as little as it can', (name) => {
  const { read_only, cap_drop, security_opt, user, restart } = service(name);
  expect({ read_only, cap_drop, security_opt }).toEqual({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
  });
  // Ours have their user from the Dockerfile.
  expect(OURS.includes(name) ? 'node' : user).toMatch(/^(node|redis|postgres|nobody|472)$/);
  expect(restart).toBe(name === 'migrate' ? 'no' : 'unless-stopped');
});

test('Redis keeps everything: append-only file, no eviction', () => {
  const command = service('redis').command ?? [];
  const given = (flag: string) => command[command.indexOf(flag) + 1];
  expect([given('--appendonly'), given('--appendfsync'), given('--maxmemory-policy')]).toEqual([
    'yes',
    'everysec',
    'noeviction',
  ]);
  expect(service('redis').volumes).toEqual(['redis-data:/data']);
});

test('everything waits for what it needs: stores healthy, migration done', () => {
  for (const name of ['api', 'worker']) {
    expect(service(name).depends_on).toEqual({
      migrate: { condition: 'service_completed_successfully' },
      redis: { condition: 'service_healthy' },
      postgres: { condition: 'service_healthy' },
    });
  }
  const awaited = names.flatMap((name) => Object.entries(service(name).depends_on ?? {}));
  for (const [name, { condition }] of awaited) {
    expect(names).toContain(name);
    // Whoever is waited for to be healthy must say when it is.
    if (condition === 'service_healthy') expect(service(name).healthcheck?.test).toBeDefined();
  }
});

test('the worker can be scaled: no name, no port of its own', () => {
  expect(service('worker').container_name).toBeUndefined();
  expect(service('worker').ports).toBeUndefined();
});

test('the stores are reachable from our own processes only', () => {
  expect(compose.networks['stores']?.internal).toBe(true);
  for (const name of ['redis', 'postgres']) {
    expect(service(name).networks).toEqual(['stores']);
    expect(service(name).ports).toBeUndefined();
  }
  const inside = names.filter((name) => service(name).networks.includes('stores'));
  expect(inside.sort()).toEqual(['api', 'migrate', 'postgres', 'redis', 'worker']);
});

test('what is published listens on this machine alone unless asked', () => {
  const published = names.flatMap((name) => service(name).ports ?? []);
  expect(published).toHaveLength(3);
  for (const port of published) expect(port).toMatch(/^(127\.0\.0\.1|\$\{BIND_ADDRESS:-127\.0\.0\.1\}):/);
});

test('what is asked for by DNS is on a network with who asks', () => {
  const share = (one: string, other: string) =>
    service(one).networks.some((network) => service(other).networks.includes(network));
  for (const [from, to] of [
    ['prometheus', 'api'],
    ['prometheus', 'worker'],
    ['grafana', 'prometheus'],
    ['worker', 'simulator'],
    ['simulator', 'api'],
  ] as const) {
    expect(share(from, to), `${from} reaches ${to}`).toBe(true);
  }
});

test('networks and volumes are declared, mounted files exist', () => {
  for (const name of names) {
    for (const network of service(name).networks) expect(compose.networks).toHaveProperty([network]);
    for (const volume of service(name).volumes ?? []) {
      const source = volume.split(':')[0] ?? '';
      if (source.startsWith('.')) expect(existsSync(root + source), source).toBe(true);
      else expect(compose.volumes).toHaveProperty([source]);
    }
  }
});

test('every variable given to a process of ours is one it reads', () => {
  const reads = (folder: string) => {
    const text = sourcesOf(folder, 'packages/process');
    return (name: string) =>
      new RegExp(`\\b${name}\\b`).test(text) || new RegExp(`^ {2}${name.replace(THIRD_PARTY, '')}:`, 'm').test(text);
  };
  const folders: Record<string, string> = {
    api: 'apps/api',
    migrate: 'apps/api',
    worker: 'apps/worker',
    simulator: 'apps/simulator',
  };
  for (const [name, folder] of Object.entries(folders)) {
    const known = reads(folder);
    for (const variable of Object.keys(service(name).environment ?? {}))
      expect(known(variable), `${name} reads ${variable}`).toBe(true);
  }
});

test('every third party of every kind has an address, and the door knows what proves its webhooks', async () => {
  const contracts = await discoverContracts();
  const wanted = new Set(contracts.flatMap((contract) => contract.providers));
  const has = (name: string, variable: string) => Object.keys(service(name).environment ?? {}).includes(variable);
  for (const party of wanted) {
    const name = party === 'CSP_*' ? 'CSP_A' : party.toUpperCase().replaceAll('-', '_');
    expect(has('worker', `PROVIDER_${name}_URL`), party).toBe(true);
  }
  for (const name of ['TAX', 'WAREHOUSE', 'BANK', 'PAYMENT_CONTROLS'])
    expect(has('api', `PROVIDER_${name}_WEBHOOK_SECRET`), name).toBe(true);
  for (const name of ['ON_RAMP', 'OFF_RAMP'])
    expect(has('api', `PROVIDER_${name}_WEBHOOK_PUBLIC_KEY`), name).toBe(true);
});

test('what must be given has a message, everything else a default, and env.example names it all', () => {
  const text = textOf('docker-compose.yml').replaceAll(/^\s*#.*$/gm, '');
  const used = [...text.matchAll(/\$\{([A-Z0-9_]+)(:[-?])?([^}]*)\}/g)].map(([, name, how, rest]) => ({
    name,
    how,
    rest,
  }));
  for (const { name, how, rest } of used) {
    expect(how, `${name} has a default or a message`).toBeDefined();
    if (how === ':?') expect(rest?.length, `${name}'s message says what to do`).toBeGreaterThan(20);
  }
  const example = [...textOf('deploy/env.example').matchAll(/^#?([A-Z0-9_]+)=/gm)].map((match) => match[1]);
  expect([...new Set(used.map(({ name }) => name))].sort()).toEqual([...new Set(example)].sort());
  const required = [...new Set(used.filter(({ how }) => how === ':?').map(({ name }) => name))];
  expect(required.sort()).toEqual(['ADMIN_API_KEY', 'POSTGRES_PASSWORD']);
});

test('no secret stands in the file', () => {
  const secrets = names
    .flatMap((name) => Object.entries(service(name).environment ?? {}))
    .filter(([variable]) => /PASSWORD|KEY|SECRET/.test(variable));
  for (const [variable, value] of secrets) expect(value, variable).toMatch(/^\$\{/);
});
