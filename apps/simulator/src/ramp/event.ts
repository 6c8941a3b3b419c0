import { createHash, sign, type KeyObject } from 'node:crypto';
import { transferOf, type Transfer } from './transfer.ts';

/** Older than the 10 minutes a receiver may accept. */
const STALE_MS = 11 * 60_000;

/** A Bridge event. The same transfer in the same state is the same event: its id is for telling repeats. */
export function eventOf(transfer: Transfer, state: string, sequence: number): object {
  const id = createHash('sha256').update(`${transfer.id}:${state}`).digest('hex').slice(0, 32);
  const type = state === 'awaiting_funds' ? 'created' : 'updated.status_transitioned';
  return {
    api_version: 'v0',
    event_id: `wh_${id}`,
    event_sequence: sequence,
    event_category: 'transfer',
    event_type: transfer.life.quirk === 'bare' ? type : `transfer.${type}`,
    event_object_id: transfer.id,
    event_object_status: state,
    event_object: transferOf(transfer, state),
    event_object_changes: { state: [null, state] },
    event_created_at: new Date().toISOString(),
  };
}

/** `X-Webhook-Signature: t=<ms>,v0=<base64>`: RSA-SHA256 of `t.body`; or as wrong as `wrong` says. */
export function eventHeaders(key: KeyObject, body: string, wrong: string | undefined): Record<string, string> {
  if (wrong === 'unsigned') return {};
  const at = String(Date.now() - (wrong === 'stale' ? STALE_MS : 0));
  const signed = sign('sha256', Buffer.from(`${at}.${wrong === 'forged' ? 'something else' : body}`), key);
  return { 'x-webhook-signature': `t=${at},v0=${signed.toString('base64')}` };
}
