import {
  isSettled,
  registrationOf,
  type Answer,
  type Change,
  type Entry,
  type Failure,
  type KeptWebhook,
  type LoadedSubmission,
  type Plan,
} from '@countersign/flow';
import { callbackOf, verdictOf } from './conclude.ts';
import { changeOf, closingTry, entryOf, hearWord } from './hear.ts';
import type { Visit } from './visit.ts';

/**
 * Applies an accepted webhook: moves the row, wherever its flow stands. Before the registration's own answer, during a
 * poll, twice, out of order or after the end: the row's standing decides, and the flow finds it done. `idle`: the leg was
 * acknowledged before, so somebody looks at it already, and it is no further; one more to look only doubles the questions.
 */
export async function settle(visit: Visit, plan: Plan, webhookId: string): Promise<{ leg?: string; idle: boolean }> {
  const webhook = await visit.house.cellar.webhook(webhookId);
  if (!webhook) return { idle: false };
  const { leg, word } = webhook;
  const before = registrationOf(visit.submission, leg);
  const idle = word.type === 'pending' && before?.told === true && before.status === 'PENDING';
  if (webhook.applied) return { leg, idle };
  // As the row stands when it is written: another visit may have heard what the leg is stuck with since we read it.
  let stuck: Failure | null = null;
  visit.note((submission) => {
    const row = registrationOf(submission, leg);
    stuck = row?.status === 'UNRESOLVED' ? row.failure : null;
    return hearWebhook(submission, webhook, visit, plan);
  });
  if (word.type === 'done') {
    visit.note((submission) => (stuck ? verdictOf(plan, submission) : null));
    visit.note((submission) => (stuck ? hearOvertaken(submission, leg, stuck, plan) : null));
  }
  await visit.commit();
  return { leg, idle };
}

function hearWebhook(submission: LoadedSubmission, webhook: KeptWebhook, visit: Visit, plan: Plan): Change {
  const applies = { appliesWebhook: webhook.id };
  const answer: Answer = { ...webhook.word, evidence: { requestId: webhook.id, durationMs: 0 } };
  const row = registrationOf(submission, webhook.leg);
  if (!row)
    return {
      ...applies,
      entries: [{ type: 'webhook', requestId: webhook.id, to: answer.type, reason: `no open leg ${webhook.leg}` }],
    };
  const entry = entryOf('webhook', row, answer, row.attempts);
  if (isSettled(row.status)) return { ...applies, ...hearAfterword(submission, webhook, plan, entry) };
  const heard = hearWord(submission, webhook.leg, answer, visit.house.provider(row.provider));
  return { ...applies, ...closingTry(row, changeOf(heard, entry, answer)) };
}

/** Events overtake one another: it was done, and what it was stuck with until now (the money came back) is what came after. */
function hearOvertaken(submission: LoadedSubmission, leg: string, failure: Failure, plan: Plan): Change | null {
  const after = plan.afterword?.(submission, leg, { type: 'stuck', failure });
  if (!after) return null;
  const entry = { type: after.callback, reason: `${failure.code} came before the word that it was done` };
  return {
    facts: after.facts,
    entries: [failure.provider === undefined ? entry : { ...entry, provider: failure.provider }],
    ...callbackOf(submission, after.callback),
  };
}

/** The leg has said its last word; a kind may know of words after it. The status law stands either way. */
function hearAfterword(submission: LoadedSubmission, webhook: KeptWebhook, plan: Plan, entry: Entry): Change {
  const row = registrationOf(submission, webhook.leg);
  const after = plan.afterword?.(submission, webhook.leg, webhook.word);
  if (!after) return { entries: [{ ...entry, reason: `changes nothing: already ${row?.status ?? 'gone'}` }] };
  return {
    facts: after.facts,
    entries: [{ ...entry, type: after.callback, reason: `after it was ${row?.status ?? 'gone'}` }],
    ...callbackOf(submission, after.callback),
  };
}
