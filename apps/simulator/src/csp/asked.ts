import { z } from 'zod';
import { json, type Reply } from '../desk/play.ts';
import type { Office } from './office.ts';
import {
  addAdministrators,
  addTaskOrder,
  patchSchema,
  portfolioSchema,
  taskOrderSchema,
  type Portfolio,
} from './portfolio.ts';

/** A request that changes something: what it is called, under which name it is counted, and what it does. */
export interface Write {
  readonly name: string;
  readonly pageId: string;
  readonly traits: Record<string, string>;
  /** The portfolio it is about; null: it makes one. Undefined: there is none of that id. */
  readonly portfolio: Portfolio | null | undefined;
  /** Does it, and gives the portfolio and how it is answered when it is done at once. */
  readonly act: () => { portfolioId: string; reply: () => Reply; changed: boolean };
}

export type WriteKind = keyof typeof nameOf;

export const nameOf = {
  portfolio: 'POST /portfolios',
  administrators: 'PATCH /portfolios/{id}',
  'task-order': 'POST /portfolios/{id}/task-orders',
};

/** What a body asks for, or the refusal of one that asks for nothing. */
export function readWrite(office: Office, kind: WriteKind, text: string, id: string): Write | Reply {
  return readers[kind](office, parsed(text), id);
}

const bad = (error: z.ZodError): Reply => json(400, { error: 'invalid input', problems: z.prettifyError(error) });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const readers = {
  portfolio({ holdings }: Office, body: unknown): Write | Reply {
    const judged = portfolioSchema.safeParse(body);
    if (!judged.success) return bad(judged.error);
    const { name } = judged.data;
    const act = () => {
      const portfolio = holdings.add(judged.data);
      return { portfolioId: portfolio.id, reply: () => json(200, portfolio), changed: true };
    };
    return { name: nameOf.portfolio, pageId: name, traits: { id: name, operation: 'portfolio' }, portfolio: null, act };
  },
  administrators({ holdings }: Office, body: unknown, id: string): Write | Reply {
    const judged = patchSchema.safeParse(body);
    if (!judged.success) return bad(judged.error);
    const portfolio = holdings.find(id);
    const { administrators } = judged.data;
    const act = () => {
      const changed = portfolio !== undefined && addAdministrators(portfolio, administrators) > 0;
      return { portfolioId: id, reply: () => json(200, { administrators: portfolio?.administrators ?? [] }), changed };
    };
    const pageId = `administrators:${id}:${administrators.map(({ email }) => email).join(',')}`;
    return {
      name: nameOf.administrators,
      pageId,
      traits: { id: pageId, portfolio: id, operation: 'administrators' },
      portfolio,
      act,
    };
  },
  'task-order'({ holdings }: Office, body: unknown, id: string): Write | Reply {
    const judged = taskOrderSchema.safeParse(body);
    if (!judged.success) return bad(judged.error);
    const portfolio = holdings.find(id);
    const order = judged.data;
    const act = () => {
      const added = portfolio && addTaskOrder(portfolio, order);
      return { portfolioId: id, reply: () => json(200, added), changed: true };
    };
    // One order may come in several requests, one per CLIN.
    const pageId = `task-order:${id}:${order.task_order_number}:${order.clins.map((clin) => clin.clin_number).join(',')}`;
    return {
      name: nameOf['task-order'],
      pageId,
      traits: { id: pageId, portfolio: id, operation: 'task-order' },
      portfolio,
      act,
    };
  },
};
