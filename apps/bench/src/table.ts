import type { Cost } from './stage/cost.ts';
import type { Figure, Outcome } from './scenario.ts';

/** Above this, what others do on the machine is part of the figures. */
const OTHERS_MOST_CORES = 0.2;

/** A scenario's figures beside its floor's, for people. */
export function tableOf(title: string, product: Outcome, floor: Outcome | undefined): string {
  const rows = product.figures.map((figure) => {
    const low = floor?.figures.find(({ what }) => what === figure.what);
    return [figure.what, show(figure), low ? show(low) : '–', ratioOf(figure, low), goalOf(figure)];
  });
  const head = ['', 'product', 'floor', 'ratio', 'goal'];
  const lines = columns([head, ...rows]);
  const remarks = product.remarks.map((text) => `  ${text}`);
  const floorRemarks = (floor?.remarks ?? []).map((text) => `  floor: ${text}`);
  return [
    title,
    ...lines,
    ...costLines('product', product),
    ...(floor ? costLines('floor', floor) : []),
    ...remarks,
    ...floorRemarks,
    '',
  ].join('\n');
}

function show({ value, unit }: Figure): string {
  if (Number.isNaN(value)) return 'none';
  const digits = unit === 'GB' || unit === '×' ? 2 : unit === 'ms' ? 1 : 0;
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '' ? text : `${text} ${unit}`;
}

function ratioOf(figure: Figure, low: Figure | undefined): string {
  if (!figure.ratio || !low || !(low.value > 0)) return '';
  const ratio = figure.value / low.value;
  return `${ratio.toFixed(2)}×`;
}

function goalOf({ goal, value, unit }: Figure): string {
  if (!goal) return '';
  const [sign, bound, met] =
    'atLeast' in goal ? ['≥', goal.atLeast, value >= goal.atLeast] : ['≤', goal.atMost, value <= goal.atMost];
  const exact = bound.toLocaleString('en');
  return `${sign} ${exact}${unit === '' ? '' : ` ${unit}`}  ${met ? 'met' : 'MISSED'}`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  return rows.map((row) =>
    `  ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : at === row.length - 1 ? cell : cell.padStart(widths[at] ?? 0))).join('   ')}`.trimEnd(),
  );
}

/** Who used the processors: microseconds per transaction, and the share of the whole machine. */
function costLines(who: string, { cost, transactions }: Outcome): string[] {
  const { cpuUs } = cost;
  if (!cpuUs) return [`  ${who}: this system does not tell what each process used`];
  const used = Object.entries(cpuUs).filter(([, us]) => us > 0);
  const total = used.reduce((sum, [, us]) => sum + us, 0);
  const parts = used.map(([name, us]) => `${name} ${Math.round(us / transactions)} (${percent(us, cost)})`);
  const others =
    cost.othersCores > OTHERS_MOST_CORES
      ? ` · others used ${cost.othersCores.toFixed(1)} cores: these figures are not the product's alone`
      : '';
  return [
    `  ${who}, µs of CPU per transaction (share of 2 cores): ${parts.join(' · ')} · all ${Math.round(total / transactions)} (${percent(total, cost)})${others}`,
  ];
}

/** The goals speak of two cores; a machine with more is measured against two all the same. */
function percent(us: number, { seconds }: Cost): string {
  return `${Math.round((us / (seconds * 2e6)) * 100)} %`;
}
