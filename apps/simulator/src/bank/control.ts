import { z } from 'zod';
import { controlDesk, unknownControl } from '../desk/control.ts';
import { answerJson, BadRequest, readJson } from '../http.ts';
import type { Call } from '../party.ts';
import { post, type Office } from './office.ts';

const ms = z.number().min(0);
const settingsSchema = z
  .strictObject({
    duplicates: z.enum(['DU01', 'AM05', 'silent']),
    reportMs: ms,
    settleMs: ms,
    noticeMs: ms,
    heartbeatMs: ms.nullable(),
    gzipFromBytes: z.int().min(0),
  })
  .partial();
const messageSchema = z.strictObject({
  type: z.string().min(1),
  body: z.string(),
  contentType: z.string().default('application/xml'),
  requestId: z.string().nullable().default(null),
  /** At the head of the queue. */
  first: z.boolean().default(false),
});
const webhookSchema = z.strictObject({ url: z.url({ protocol: /^https?$/ }).nullable() });

/** `/_sim/bank/...`: see README. */
export async function controlBank(office: Office, call: Call): Promise<void> {
  const { desk, payouts, payoutChooser, queue } = office;
  const { request, response, path, query } = call;
  const answer = (status: number, value: unknown): void => answerJson(response, status, value);
  switch (`${call.method} ${path}`) {
    case 'GET /counts':
      return answer(200, { ...desk.books.counts, ...payouts.counts(), waiting: queue.waiting().length });
    case 'GET /payouts':
      return answer(200, {
        data: [...payouts.all()].filter(({ executions }) => query.get('doubles') !== 'true' || executions > 1),
      });
    case 'GET /messages':
      return answer(200, { data: queue.waiting() });
    case 'POST /messages':
      post(office, await readJson(request, messageSchema), null);
      return answer(201, { waiting: queue.waiting().length });
    case 'GET /payout-rules':
      return answer(200, { data: payoutChooser.rules() });
    case 'POST /payout-rules':
      return answer(201, payoutChooser.addRule(await readJson(request, z.unknown())));
    case 'DELETE /payout-rules':
      payoutChooser.removeRules();
      return answer(200, { data: [] });
    case 'GET /settings':
      return answer(200, office.settings);
    case 'POST /settings':
      office.settings = { ...office.settings, ...said(await readJson(request, settingsSchema)) };
      return answer(200, office.settings);
    case 'POST /age':
      queue.age((await readJson(request, z.strictObject({ ms }))).ms);
      return answer(200, { waiting: queue.waiting().length });
    case 'POST /webhook':
      office.webhookUrl = (await readJson(request, webhookSchema)).url;
      return answer(200, { url: office.webhookUrl });
  }
  const payout = /^\/payouts\/([^/]+)$/.exec(path)?.[1];
  if (call.method === 'GET' && payout !== undefined) {
    const known = payouts.find(decodeURIComponent(payout));
    if (!known) throw new BadRequest(`no payout ${payout}`, [], 404);
    return answer(200, known);
  }
  if (!(await controlDesk(desk, call))) unknownControl('bank', call);
}

/** Only what was given. */
function said<Given extends object>(given: Given): { [Name in keyof Given]?: Exclude<Given[Name], undefined> } {
  // fromEntries loses the names; nothing but undefined values was taken out.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
