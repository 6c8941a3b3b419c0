import type { Demo } from './demo-client.ts';

/** What is shown once everything is up. */
export type Facts = {
  apiUrl: string;
  simulatorUrl: string | undefined;
  databaseUrl: string;
  redisUrl: string;
  adminKey: string;
  demo: Demo;
};

/** The addresses, the keys and a request to copy. */
export function banner({ apiUrl, simulatorUrl, databaseUrl, redisUrl, adminKey, demo }: Facts): string {
  // A new id with each start: it must be accepted whatever was sent before.
  const id = `tx-${Date.now().toString(36)}`;
  const rows: [string, string][] = [
    ['API', apiUrl],
    ['docs', `${apiUrl}/docs`],
    ['console', `${apiUrl}/console`],
    ['metrics', `${apiUrl}/metrics`],
    ['simulator', simulatorUrl ?? 'off'],
    ['PostgreSQL', withoutPassword(databaseUrl)],
    ['Redis', withoutPassword(redisUrl)],
    ['demo key', demo.key],
    ['admin key', adminKey],
  ];
  return [
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(11)} ${value}`),
    '',
    '  Try it (the same command twice is one submission):',
    '',
    curl(apiUrl, demo.key, id, simulatorUrl),
    '',
    "  For the README's examples:",
    '',
    exportLine({ API: apiUrl, SIM: simulatorUrl, KEY: demo.key, ADMIN: adminKey }),
    '',
    `  Then watch it: curl -s ${apiUrl}/v1/transactions/${id}/timeline -H 'Authorization: Bearer ${demo.key}'`,
    '  Ctrl-C stops everything; the data stays in .data/',
    '',
    '',
  ].join('\n');
}

function exportLine(variables: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(variables).filter(([, value]) => value !== undefined);
  return `export ${given.map(([name, value]) => `${name}=${value}`).join(' ')}`;
}

function curl(apiUrl: string, key: string, id: string, simulatorUrl: string | undefined): string {
  const callbackUrl = simulatorUrl === undefined ? {} : { callbackUrl: `${simulatorUrl}/client/callbacks` };
  const body = JSON.stringify({ id, amount: '12.50', currency: 'EUR', ...callbackUrl });
  return [
    `curl -i ${apiUrl}/v1/transactions \\`,
    `  -H 'Authorization: Bearer ${key}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${body}'`,
  ].join('\n');
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  return parsed.href;
}
