import type { FundingSource, Operator, PortfolioPayload } from './shapes.ts';

/** A CLIN as the cloud writes it (third-parties.md 4.1, with the later fields where we were given them). */
export type CspClin = {
  readonly clin_number: string;
  readonly pop_start_date: string;
  readonly pop_end_date: string;
  readonly type?: string;
  readonly classification_level?: string;
};

export type CspTaskOrder = {
  readonly task_order_number: string;
  readonly pop_start_date: string;
  readonly pop_end_date: string;
  readonly clins: CspClin[];
};

export type CspAdministrator = {
  readonly email: string;
  readonly dod_id: string;
  readonly needs_reset: boolean;
};

export type CspPortfolio = {
  readonly name: string;
  readonly task_orders: CspTaskOrder[];
  readonly administrators: CspAdministrator[];
};

/** Each funding source is a task order with one CLIN of the same period. */
export function toTaskOrder(source: FundingSource): CspTaskOrder {
  const period = { pop_start_date: source.popStartDate, pop_end_date: source.popEndDate };
  const { type, classificationLevel: level } = source;
  const clin = {
    clin_number: source.clin,
    ...period,
    ...(type === undefined ? {} : { type }),
    ...(level === undefined ? {} : { classification_level: level }),
  };
  return { task_order_number: source.taskOrderNumber, ...period, clins: [clin] };
}

export function toAdministrator({ email, dodId, needsReset = false }: Operator): CspAdministrator {
  return { email, dod_id: dodId, needs_reset: needsReset };
}

export function toPortfolio({ name, fundingSources = [], operators = [] }: PortfolioPayload): CspPortfolio {
  return { name, task_orders: fundingSources.map(toTaskOrder), administrators: operators.map(toAdministrator) };
}
