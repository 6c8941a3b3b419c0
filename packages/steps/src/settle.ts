import {
  isSettled,
  registrationOf,
  type Answer,
  type Change,
  type KeptWebhook,
  type LoadedSubmission,
} from '@countersign/flow';
import { changeOf, entryOf, hearWord } from './hear.ts';
import type { Visit } from './visit.ts';

/**
 * Applies an accepted webhook: moves the row, wherever its flow stands. Before the registration's own answer, during a
 * poll, twice, out of order or after the end: the row's standing decides, and the flow finds it done.
 */
export async function settle(visit: Visit, webhookId: string): Promise<string | undefined> {
  const webhook = await visit.house.cellar.webhook(webhookId);
  if (!webhook || webhook.applied) return webhook?.leg;
  visit.note((submission) => hearWebhook(submission, webhook, visit));
  await visit.commit();
  return webhook.leg;
}

function hearWebhook(submission: LoadedSubmission, webhook: KeptWebhook, visit: Visit): Change {
  const applies = { appliesWebhook: webhook.id };
  const answer: Answer = { ...webhook.word, evidence: { requestId: webhook.id, durationMs: 0 } };
  const row = registrationOf(submission, webhook.leg);
  if (!row)
    return {
      ...applies,
      entries: [{ type: 'webhook', requestId: webhook.id, to: answer.type, reason: `no open leg ${webhook.leg}` }],
    };
  const entry = entryOf('webhook', row, answer, row.attempts);
  if (isSettled(row.status))
    return { ...applies, entries: [{ ...entry, reason: `changes nothing: already ${row.status}` }] };
  return {
    ...applies,
    ...changeOf(hearWord(submission, webhook.leg, answer, visit.house.provider(row.provider)), entry, answer),
  };
}
