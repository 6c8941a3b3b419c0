import type { Json, JsonObject } from '@countersign/flow';
import { listIn, objectIn, textIn } from './exact-json.ts';

/**
 * What a cloud answers, in our words. What is missing is left out, and what we have no word for is not lost: the raw
 * answer is kept beside. undefined where the answer is not of the shape at all.
 */
export function fromPortfolio(answer: Json | undefined): JsonObject | undefined {
  const portfolio = objectIn(answer);
  if (!portfolio || !('name' in portfolio || 'id' in portfolio || 'administrators' in portfolio)) return undefined;
  return {
    ...texts(portfolio, { id: 'id', name: 'name' }),
    ...('task_orders' in portfolio ? { fundingSources: listIn(portfolio['task_orders']).flatMap(fromTaskOrder) } : {}),
    ...('administrators' in portfolio ? { operators: listIn(portfolio['administrators']).map(fromAdministrator) } : {}),
    ...texts(portfolio, { dashboardLink: 'dashboard_link' }),
  };
}

/** One funding source for each CLIN; a period the CLIN does not tell is the task order's. */
export function fromTaskOrder(order: JsonObject): JsonObject[] {
  const ours = texts(order, { taskOrderNumber: 'task_order_number' });
  const theirs = texts(order, { taskOrderId: 'id' });
  const period = texts(order, PERIOD);
  const clins = listIn(order['clins']);
  if (clins.length === 0) return [{ ...ours, ...period, ...theirs }];
  return clins.map((clin) => ({
    ...ours,
    ...texts(clin, { clin: 'clin_number' }),
    ...period,
    ...texts(clin, { ...PERIOD, type: 'type', classificationLevel: 'classification_level' }),
    ...theirs,
  }));
}

const PERIOD = { popStartDate: 'pop_start_date', popEndDate: 'pop_end_date' };

export function fromAdministrator(administrator: JsonObject): JsonObject {
  const needsReset = administrator['needs_reset'];
  return {
    ...texts(administrator, { email: 'email', dodId: 'dod_id' }),
    ...(typeof needsReset === 'boolean' ? { needsReset } : {}),
  };
}

/** How a job stands there. */
export function fromStatus(answer: Json | undefined): JsonObject | undefined {
  const status = objectIn(answer);
  if (!status || textIn(status['status']) === undefined) return undefined;
  return texts(status, {
    provisioningJobId: 'provisioning_job_id',
    portfolioId: 'portfolio_id',
    environmentId: 'environment_id',
    status: 'status',
  });
}

/** Costs by task order and CLIN. `actual` and `forecast` are always lists: some clouds write one, some a single object. */
export function fromCosts(answer: Json | undefined): JsonObject | undefined {
  const costs = objectIn(answer);
  if (!costs || !('task_orders' in costs)) return undefined;
  return {
    taskOrders: listIn(costs['task_orders']).map((order) => ({
      ...texts(order, { taskOrderNumber: 'task_order_number', taskOrderId: 'task_order_id' }),
      clins: listIn(order['clins']).map((clin) => ({
        ...texts(clin, { clinNumber: 'clin_number' }),
        actual: listIn(clin['actual']).map(fromCostData),
        forecast: listIn(clin['forecast']).map(fromCostData),
      })),
    })),
  };
}

/** Money is a string of its digits, whichever way they wrote it. */
function fromCostData(data: JsonObject): JsonObject {
  return {
    ...texts(data, { total: 'total' }),
    results: listIn(data['results']).map((result) => texts(result, { month: 'month', value: 'value' })),
  };
}

/** Our name ← theirs, for fields that are texts; numbers by their digits. */
function texts(from: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  const found = Object.entries(names).flatMap(([ours, theirs]) => {
    const text = textIn(from[theirs]);
    return text === undefined ? [] : [[ours, text] as const];
  });
  return Object.fromEntries(found);
}
