import {
  fundingSource,
  operator,
  operatorsPayload,
  portfolioId,
  portfolioPayload,
  taskOrderPayload,
} from '@countersign/providers';
import { z } from 'zod';
import type { KindContract } from '../contract.ts';
import { callRecord, feedOf, judgeTarget, targetCsp } from '../csp-job.ts';
import { callbackUrl, naturalId } from '../values.ts';

const job = {
  jobId: naturalId,
  userId: z.string().min(1).max(128).meta({ description: 'Who asks for it; kept, not sent on.' }),
  targetCsp,
  callbackUrl: callbackUrl.optional(),
};
const EXAMPLE = {
  jobId: 'job-123',
  userId: 'user-7',
  operationType: 'ADD_PORTFOLIO',
  targetCsp: 'CSP_A',
  payload: {
    name: 'Weather',
    fundingSources: [
      { taskOrderNumber: '1234567890123', clin: '0001', popStartDate: '2026-12-01', popEndDate: '2027-11-30' },
    ],
    operators: [{ email: 'ann@example.com', dodId: '1234567890' }],
  },
};
const body = z
  .discriminatedUnion(
    'operationType',
    [
      z.strictObject({
        ...job,
        operationType: z.literal('ADD_PORTFOLIO'),
        portfolioId: portfolioId.optional(),
        payload: portfolioPayload,
      }),
      z.strictObject({ ...job, operationType: z.literal('ADD_TASK_ORDER'), portfolioId, payload: taskOrderPayload }),
      z.strictObject({ ...job, operationType: z.literal('ADD_OPERATORS'), portfolioId, payload: operatorsPayload }),
    ],
    { error: 'must be one of ADD_PORTFOLIO, ADD_TASK_ORDER, ADD_OPERATORS' },
  )
  .meta({
    id: 'ProvisioningJobRequest',
    description: 'Something a cloud should set up. `portfolioId` is required for ADD_TASK_ORDER and ADD_OPERATORS.',
    examples: [EXAMPLE],
  });

const portfolio = z
  .object({
    id: z.string().optional(),
    name: z.string().optional(),
    fundingSources: z.array(z.object({ ...fundingSource.shape, taskOrderId: z.string() }).partial()).optional(),
    operators: z.array(z.object(operator.shape).partial()).optional(),
    dashboardLink: z.string().optional(),
  })
  .nullable();
const record = z.object({ portfolio: portfolio.optional(), ...callRecord });
const response = z.object({
  ...record.shape,
  taskOrders: z
    .array(z.object({ taskOrderNumber: z.string(), clin: z.string(), standing: z.string(), ...callRecord }))
    .optional()
    .meta({ description: 'Of ADD_TASK_ORDER: what came of each.' }),
});

/** `POST /v1/provisioning-jobs`: contract sections 3.1, 3.2 and 4; seed 002. */
export const contract: KindContract<z.infer<typeof body>> = {
  kind: 'provisioning-job',
  path: 'provisioning-jobs',
  summary: 'A portfolio, task orders or administrators, set up at a cloud',
  intake: {
    type: 'json',
    body,
    key: { from: 'body', naturalId: (request) => request.jobId },
    amounts: [],
    callbackUrl: (request) => request.callbackUrl,
    judge: judgeTarget,
  },
  acceptedStatus: 201,
  onReplay: 'same',
  onReuse: 422,
  providers: ['CSP_*'],
  webhooks: [],
  callbacks: ['completed', 'failed', 'unresolved'],
  resourceFields: {
    portfolio: record.meta({ description: 'Of ADD_PORTFOLIO, once the cloud has answered.' }),
    operators: record.meta({ description: 'Of ADD_OPERATORS, once the cloud has answered.' }),
    taskOrder1: z
      .object(callRecord)
      .meta({ description: 'Of ADD_TASK_ORDER, once the cloud has answered; `taskOrder2` and so on, one for each.' }),
  },
  feed: feedOf(response),
};
