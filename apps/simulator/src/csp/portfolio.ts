import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const clin = z.looseObject({ clin_number: z.string().regex(/^\d{4}$/), pop_start_date: date, pop_end_date: date });
export const taskOrderSchema = z.looseObject({
  task_order_number: z.string().min(1),
  clins: z.array(clin).min(1),
  pop_start_date: date,
  pop_end_date: date,
});
const administrator = z.looseObject({
  email: z.email(),
  dod_id: z.string().min(1),
  needs_reset: z.boolean().optional(),
});
export const portfolioSchema = z.looseObject({
  name: z.string().min(1),
  task_orders: z.array(taskOrderSchema).default([]),
  administrators: z.array(administrator).default([]),
});
export const patchSchema = z.strictObject({ administrators: z.array(administrator).min(1) });

export type TaskOrder = z.infer<typeof taskOrderSchema> & { id: string };
export type Administrator = z.infer<typeof administrator>;

/** A portfolio as the cloud tells it. */
export interface Portfolio {
  readonly id: string;
  readonly name: string;
  readonly task_orders: TaskOrder[];
  readonly administrators: Administrator[];
  readonly dashboard_link: string;
}

/** Known from the start, for requests that need a portfolio. */
export const examplePortfolioId = '11111111-1111-4111-8111-111111111111';

/** What one cloud holds. */
export interface Holdings {
  find(id: string): Portfolio | undefined;
  named(name: string | null): Portfolio[];
  add(body: z.infer<typeof portfolioSchema>): Portfolio;
  remove(id: string): void;
  clear(): void;
}

export function createHoldings(): Holdings {
  const portfolios = new Map<string, Portfolio>();
  const make = (id: string, name: string): Portfolio => {
    const portfolio = { id, name, task_orders: [], administrators: [], dashboard_link: `https://cloud.example/${id}` };
    portfolios.set(id, portfolio);
    return portfolio;
  };
  make(examplePortfolioId, 'Example');
  return {
    find: (id) => portfolios.get(id),
    named: (name) => [...portfolios.values()].filter((one) => name === null || one.name === name),
    add({ name, task_orders, administrators }) {
      const portfolio = make(randomUUID(), name);
      for (const order of task_orders) addTaskOrder(portfolio, order);
      addAdministrators(portfolio, administrators);
      return portfolio;
    },
    remove: (id) => void portfolios.delete(id),
    clear() {
      portfolios.clear();
      make(examplePortfolioId, 'Example');
    },
  };
}

export function addTaskOrder(portfolio: Portfolio, order: z.infer<typeof taskOrderSchema>): TaskOrder {
  const added = { ...order, id: randomUUID() };
  portfolio.task_orders.push(added);
  return added;
}

/** Additive: who is there already stays as they are. Gives how many are new. */
export function addAdministrators(portfolio: Portfolio, given: readonly Administrator[]): number {
  const fresh = given.filter(({ email }) => !portfolio.administrators.some((one) => one.email === email));
  portfolio.administrators.push(...fresh);
  return fresh.length;
}
