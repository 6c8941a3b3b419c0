import { day, portfolioId } from '@countersign/providers';
import { z } from 'zod';
import type { KindContract } from '../contract.ts';
import { callRecord, feedOf, judgeTarget, targetCsp } from '../csp-job.ts';
import { callbackUrl, naturalId } from '../values.ts';

const month = z.string().regex(/^(?!0000)\d{4}-(0[1-9]|1[0-2])$/);
const dayOrMonth = z
  .union([day, month], { error: 'must be a date that exists, such as 2026-11-30, or a month, such as 2026-11' })
  .meta({ id: 'DayOrMonth', examples: ['2026-11-30', '2026-11'] });

const body = z
  .strictObject({
    requestId: naturalId,
    portfolioId,
    targetCsp,
    startDate: dayOrMonth,
    endDate: dayOrMonth,
    callbackUrl: callbackUrl.optional(),
  })
  .refine(({ startDate, endDate }) => startDate.length === endDate.length, {
    path: ['endDate'],
    error: 'must be written as startDate is: both days, or both months',
  })
  .refine(({ startDate, endDate }) => startDate.length !== endDate.length || startDate <= endDate, {
    path: ['endDate'],
    error: 'is before startDate',
  })
  .meta({
    id: 'CostJobRequest',
    description: 'What a portfolio has cost and will cost. Months are from their first day to their last.',
    examples: [
      {
        requestId: 'cost-123',
        portfolioId: '11111111-1111-4111-8111-111111111111',
        targetCsp: 'CSP_A',
        startDate: '2026-09-01',
        endDate: '2026-12-31',
      },
    ],
  });

const money = z.string().meta({ examples: ['50.00'] });
const costData = z.object({
  total: money.optional(),
  results: z.array(z.object({ month: z.string().optional(), value: money.optional() })),
});
const clin = z.object({ clinNumber: z.string().optional(), actual: z.array(costData), forecast: z.array(costData) });
const costs = z.object({
  taskOrders: z.array(
    z.object({
      taskOrderNumber: z.string().optional(),
      taskOrderId: z.string().optional(),
      clins: z.array(clin),
    }),
  ),
});
const record = z.object({ costs: costs.optional(), ...callRecord });

/** `POST /v1/cost-jobs`: contract sections 3.1, 3.2 and 4; seed 002. */
export const contract: KindContract<z.infer<typeof body>> = {
  kind: 'cost-job',
  path: 'cost-jobs',
  summary: "A portfolio's costs, asked of its cloud",
  intake: {
    type: 'json',
    body,
    key: { from: 'body', naturalId: (request) => request.requestId },
    amounts: [],
    callbackUrl: (request) => request.callbackUrl,
    judge: judgeTarget,
  },
  acceptedStatus: 202,
  onReplay: 'same',
  onReuse: 422,
  providers: ['CSP_*'],
  webhooks: [],
  callbacks: ['completed', 'failed', 'unresolved'],
  resourceFields: { costs: record.meta({ description: 'Once the cloud has answered.' }) },
  feed: feedOf(record),
};
