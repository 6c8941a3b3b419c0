import { type KindContract, type WebhookContract } from '@countersign/kinds';
import { newTraceparent } from '@countersign/process';
import { BUILT_IN_CLIENT } from '@countersign/store';
import type { Door } from '../door.ts';
import { judge } from '../intake/accept.ts';
import { parseJson } from '../intake/json-body.ts';
import { invalid, Problem } from '../problem.ts';

/**
 * Work that a third party hands over by its webhook: judged and committed exactly as if the client it belongs to had posted
 * it. Sent again it is the same submission; the same id with another body is 422.
 */
export async function acceptHandedOver(
  door: Door,
  webhook: WebhookContract,
  body: unknown,
): Promise<'kept' | 'repeat'> {
  const contract = door.contracts.find((one) => one.webhooks.includes(webhook));
  if (contract?.intake.type !== 'json')
    throw new Error(`no kind with a JSON body takes what ${webhook.provider} hands over`);
  const clientId = door.settings.webhookSettings[webhook.provider]?.clientId ?? BUILT_IN_CLIENT;
  const { text, json } = parseJson(Buffer.from(JSON.stringify(body)));
  const incoming = {
    body: parsed(contract, json),
    text,
    json,
    contentType: 'application/json',
    header: () => undefined,
  };
  const judged = judge(contract, incoming, { allowPrivate: door.settings.allowPrivateCallbacks });
  const place = door.corridor.placeFor(clientId);
  const traceparent = newTraceparent();
  const result = await door.store.intake.accept({ ...judged, clientId, traceparent, queued: place !== 'later' });
  if (result.type === 'created') {
    door.corridor.enter({ id: judged.id, kind: judged.kind, clientId, traceparent }, place);
    return 'kept';
  }
  if (result.type === 'replayed') return 'repeat';
  throw new Problem('idempotency-key-reuse', `${result.submission.naturalId} was accepted before with another body`);
}

function parsed(contract: KindContract, json: unknown): unknown {
  if (contract.intake.type !== 'json') return json;
  const read = contract.intake.body.safeParse(json);
  if (read.success) return read.data;
  const [first, ...rest] = read.error.issues.slice(0, 50).map(({ path, message }) => ({
    pointer: ['', 'data', ...path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'))].join('/'),
    detail: message,
  }));
  throw invalid(first ?? { pointer: '/data', detail: 'is not valid' }, ...rest);
}
