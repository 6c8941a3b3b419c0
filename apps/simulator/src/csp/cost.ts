import type { Portfolio } from './portfolio.ts';

interface CostData {
  readonly total: string;
  readonly results: readonly { readonly month: string; readonly value: string }[];
}

/** The months from `start` to `end` (both `YYYY-MM-DD` or `YYYY-MM`); null when they are no dates, or the wrong way round. */
export function monthsOf(start: string | null, end: string | null): string[] | null {
  const [first, last] = [monthOf(start), monthOf(end)];
  if (first === null || last === null || (start ?? '') > (end ?? '')) return null;
  return Array.from({ length: last - first + 1 }, (_, n) => {
    const at = first + n;
    return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`;
  });
}

/** Months since the year 0; null when it is no date. */
function monthOf(date: string | null): number | null {
  const [, year, month, day = '01'] = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(date ?? '') ?? [];
  const is = `${year}-${month}-${day}`;
  if (year === undefined || month === undefined || Number.isNaN(Date.parse(is))) return null;
  return new Date(is).toISOString().startsWith(is) ? Number(year) * 12 + Number(month) - 1 : null;
}

/** Every month 20.00 and a little more; what lies in the future is a forecast. */
export function costsOf(portfolio: Portfolio | undefined, months: readonly string[], arrays: boolean): object {
  const orders = portfolio && portfolio.task_orders.length > 0 ? portfolio.task_orders : [sample];
  return {
    task_orders: orders.map(({ task_order_number, clins }) => ({
      task_order_number,
      clins: clins.map(({ clin_number }) => ({ clin_number, ...clinCost(clin_number, months, arrays) })),
    })),
  };
}

const sample = { task_order_number: '1234567890123', clins: [{ clin_number: '9999' }] };

export function clinCost(clin: string, months: readonly string[], arrays: boolean): object {
  const thisMonth = new Date().toISOString().slice(0, 7);
  const sum = (some: readonly string[]): CostData => {
    const cents = some.map((month) => 2_000 + Number(clin.slice(-1)) + Number(month.slice(-2)));
    const results = some.map((month, at) => ({ month, value: money(cents[at] ?? 0) }));
    return { total: money(cents.reduce((total, one) => total + one, 0)), results };
  };
  const actual = sum(months.filter((month) => month <= thisMonth));
  const forecast = sum(months.filter((month) => month > thisMonth));
  return arrays ? { actual: [actual], forecast: [forecast] } : { actual, forecast };
}

const money = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
