import type { Word } from '@countersign/flow';
import { jsonObject } from '../third-party.ts';
import { registryWord } from './words.ts';

const STATUSES = ['pending', 'completed', 'declined'];

/** What the registry's webhook says, `{ id, status: pending|completed|declined }`, or what is wrong with it. */
export function readRegistryWebhook(body: string): { submissionId: string; word: Word } | { malformed: string } {
  const event = jsonObject(body);
  if (!event) return { malformed: 'the body must be a JSON object { id, status }' };
  if (typeof event.id !== 'string' || event.id === '') return { malformed: 'id must be the id the registry was given, a string' };
  if (typeof event.status !== 'string' || !STATUSES.includes(event.status)) {
    return { malformed: `status must be one of ${STATUSES.join(', ')}` };
  }
  return { submissionId: event.id, word: registryWord(event.status, event.id) };
}
