import { createHash } from 'node:crypto';
import { give, play, type Reply } from '../desk/play.ts';
import { watch } from '../desk/watch.ts';
import { header, readBody } from '../http.ts';
import type { Call } from '../party.ts';
import { execute, rejectGroup, type Taken } from './answers.ts';
import { post, refusal, type KeptFile, type Office } from './office.ts';
import { readPaymentFile } from './pain001.ts';
import { newRequestId } from './queue.ts';
import { errors } from './report.ts';

/** `POST /payment`: 202 and `Message-Request-Id`; everything else comes by message. */
export async function postPayment(office: Office, call: Call): Promise<void> {
  const { desk } = office;
  const bytes = await readBody(call.request);
  const text = bytes.toString('utf8');
  const file = readPaymentFile(text);
  const page = file && desk.books.open(file.msgId);
  const key = header(call.request, 'x-idempotency-key');
  const note = watch(call, desk.books, page, 'POST /payment', key === null ? {} : { idempotencyKey: key });
  const down = desk.outages.meet(call);
  if (down) return note(down.outcome, down.retryAfterSeconds);
  if (!/^(application|text)\/xml/.test(header(call.request, 'content-type') ?? '')) {
    return give(call, note, refusal(400, 'errStatement_RequestInvalid'));
  }
  const requestId = newRequestId();
  if (!file || !page) {
    const body = errors('errStatement_RequestInvalid', 'not a pain.001.001.09 or .03 with a MsgId');
    desk.ground.timers.after(office.settings.reportMs, () => post(office, { type: 'PAYMENT', body, requestId }, null));
    return give(call, note, accepted(requestId));
  }
  const kept = (page.data ??= { hashes: {}, keys: [], taken: false, requestIds: [] });
  remember(kept, bytes, key);
  const plan = desk.plan(page, { traits: { id: file.msgId }, text, names: ['bank'] });
  const taken: Taken = { file, page, requestId, quirk: plan.life.quirk, params: plan.params };
  await play(desk, call, page, note, plan, {
    effect: (late) => take(office, kept, taken, late),
    answer: () => accepted(requestId),
    refusal,
  });
}

const accepted = (requestId: string): Reply => {
  return { status: 202, body: '', headers: { 'message-request-id': requestId, 'x-bank-code': 'LHVEE' } };
};

function remember(kept: KeptFile, bytes: Buffer, key: string | null): void {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  kept.hashes[sha256] = (kept.hashes[sha256] ?? 0) + 1;
  if (key !== null && !kept.keys.includes(key)) kept.keys.push(key);
}

/** A MsgId is taken once, for ever; the bank looks at nothing else to tell a repeat. */
function take(office: Office, kept: KeptFile, taken: Taken, late: boolean): void {
  const { desk, settings } = office;
  kept.requestIds.push(taken.requestId);
  if (kept.taken) {
    if (settings.duplicates !== 'silent')
      rejectGroup(office, { ...taken, quirk: null }, settings.duplicates, 'Duplicate message');
    return;
  }
  kept.taken = true;
  desk.books.effect(taken.page, late);
  const { problem } = taken.file;
  if (problem) rejectGroup(office, taken, problem.code, problem.text);
  else execute(office, taken);
}
