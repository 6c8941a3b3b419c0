import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { root, service, sourcesOf, textOf, yamlOf } from './files.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const rules = yamlOf<{ groups: { rules: Rule[] }[] }>('deploy/prometheus/alerts.yml').groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(textOf('deploy/grafana/dashboards/countersign.json')) as { panels: Panel[] };
const queries = [
  ...rules.map(({ alert, expr }) => ({ where: `alert ${alert}`, expr })),
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: `panel "${title}"`, expr })),
  ),
];

/** Metric → its labels, as the processes declare them: the name in quotes, its labels in the first list of words after it. */
const declared = new Map(
  [
    ...sourcesOf('apps/api', 'apps/worker', 'packages/*').matchAll(/'(countersign_[a-z_]+)'(?=[,;]([\s\S]{0,250}))/g),
  ].map(([, name, rest]) => {
    const labels = /\[((?:\s*'\w+',?)+)\s*\]/.exec(rest?.split("'countersign_")[0] ?? '')?.[1] ?? '';
    return [name ?? '', [...labels.matchAll(/'(\w+)'/g)].map((match) => match[1])] as const;
  }),
);
/** What prom-client adds for every process, and Prometheus for every target. */
const OF_THE_HOUSE = new Set([
  'up',
  'nodejs_eventloop_lag_p99_seconds',
  'process_resident_memory_bytes',
  'process_cpu_seconds_total',
]);
const OF_PROMETHEUS = ['job', 'instance', 'le'];

function metricsIn(expr: string): string[] {
  const bare = expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"|\bby \([^)]*\)/g, ' ');
  return [...bare.matchAll(/\b(up|(?:countersign|nodejs|process)_\w+)/g)].map((match) => match[1] ?? '');
}

function baseOf(metric: string): string {
  return metric.replace(/_(bucket|sum|count)$/, '');
}

test('every metric asked for is one that is exported', () => {
  expect(declared.size).toBeGreaterThan(15);
  for (const { where, expr } of queries) {
    const metrics = metricsIn(expr);
    expect(metrics, where).not.toEqual([]);
    for (const metric of metrics)
      expect(declared.has(baseOf(metric)) || OF_THE_HOUSE.has(metric), `${where}: ${metric}`).toBe(true);
  }
});

test('every label asked for is one that the metric has', () => {
  for (const { where, expr } of queries) {
    const labels = new Set([
      ...OF_PROMETHEUS,
      ...metricsIn(expr).flatMap((metric) => declared.get(baseOf(metric)) ?? []),
    ]);
    const chosen = [...expr.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)"/g)].map((match) => match[1]);
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap((match) => (match[1] ?? '').split(/,\s*/));
    for (const label of [...chosen, ...grouped]) expect([...labels], `${where}: ${label}`).toContain(label);
  }
});

test('every metric of ours is on the dashboard or watched by an alert', () => {
  const shown = new Set(queries.flatMap(({ expr }) => metricsIn(expr).map(baseOf)));
  const unseen = [...declared.keys()].filter((name) => !shown.has(name));
  expect(unseen).toEqual([]);
});

test('panels have their own number and place, and ask the provisioned data source', () => {
  const { datasources } = yamlOf<{ datasources: { uid: string; url: string }[] }>(
    'deploy/grafana/provisioning/datasources/prometheus.yml',
  );
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const places = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)}/${y + Math.floor(at / w)}`),
  );
  expect(new Set(places).size).toBe(places.length);
  for (const { datasource, type } of dashboard.panels)
    if (type !== 'row') expect(datasource?.uid).toBe(datasources[0]?.uid);
  expect(datasources[0]?.url).toBe('http://prometheus:9090');
});

test('parentheses and braces of every query match', () => {
  for (const { where, expr } of queries) {
    for (const [open, close] of ['()', '{}', '[]'].map((pair) => [...pair] as [string, string])) {
      expect(expr.split(open).length, where).toBe(expr.split(close).length);
    }
  }
});

test('every alert has a severity, a sentence, and a place in operations.md that exists', () => {
  const headings = [...textOf('docs/operations.md').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  );
  for (const { alert, labels, annotations } of rules) {
    expect(['page', 'ticket'], alert).toContain(labels.severity);
    expect(annotations.summary, alert).toMatch(/\.$/);
    expect(headings, alert).toContain(annotations.runbook.replace('docs/operations.md#', ''));
  }
});

test('what Prometheus and Grafana are told to read is mounted', () => {
  const mounts = (name: string) => (service(name).volumes ?? []).map((volume) => volume.split(':'));
  const inside = (name: string, path: string) => {
    const mount = mounts(name).find(([, to]) => to !== undefined && path.startsWith(to));
    return mount ? path.replace(mount[1] ?? '', root + (mount[0] ?? '')) : '';
  };
  const prometheus = yamlOf<{ rule_files: string[] }>('deploy/prometheus/prometheus.yml');
  for (const file of prometheus.rule_files) expect(existsSync(inside('prometheus', file)), file).toBe(true);
  const provider = yamlOf<{ providers: { options: { path: string } }[] }>(
    'deploy/grafana/provisioning/dashboards/countersign.yml',
  ).providers[0];
  const folder = inside('grafana', provider?.options.path ?? '');
  expect(JSON.parse(readFileSync(`${folder}/countersign.json`, 'utf8')).uid).toBe('countersign');
  expect(service('grafana').environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']).toBe(
    `${provider?.options.path}/countersign.json`,
  );
});

test('Prometheus asks each replica by DNS at the port its image listens on', () => {
  const config = yamlOf<{
    scrape_configs: { job_name: string; dns_sd_configs: { names: string[]; port: number }[] }[];
  }>('deploy/prometheus/prometheus.yml');
  for (const { job_name, dns_sd_configs } of config.scrape_configs) {
    const port = new RegExp(`FROM runtime AS ${job_name}\\n[\\s\\S]*?EXPOSE (\\d+)`).exec(textOf('Dockerfile'))?.[1];
    expect(dns_sd_configs[0]).toMatchObject({ names: [job_name], port: Number(port) });
  }
});
