import type { Word } from '@countersign/flow';
import { jsonObject } from '../third-party.ts';

/** Who keeps registrations of receipts; both speak the same way. */
export type AuthorityName = 'tax' | 'warehouse';

/** Their registration in an answer or a webhook, if it is one. */
export interface Registered {
  readonly id: string;
  readonly status: unknown;
  readonly fiscalCode?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** `{ registration: { id, status, fiscalCode?, error? } }`, or Checkbox's receipt: strangers' bytes, each field looked at. */
export function readRegistered(body: string): Registered | undefined {
  const said = jsonObject(body);
  const record = said?.registration ?? checkboxReceipt(said?.receipt ?? said);
  if (typeof record !== 'object' || record === null || !('id' in record) || typeof record.id !== 'string')
    return undefined;
  const fiscalCode = 'fiscalCode' in record && typeof record.fiscalCode === 'string' ? record.fiscalCode : undefined;
  return {
    id: record.id,
    status: 'status' in record ? record.status : undefined,
    ...(fiscalCode === undefined ? {} : { fiscalCode: fiscalCode.slice(0, 200) }),
    ...('error' in record ? errorOf(record.error) : {}),
  };
}

/** Checkbox's words for the same: `fiscal_code`, and what DPS said where it refused. */
function checkboxReceipt(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || !('status' in given) || !('fiscal_code' in given))
    return undefined;
  const { status, fiscal_code: fiscalCode } = given;
  const refused = status === 'ERROR' || status === 'CANCELLED';
  const said = 'transaction' in given && given.transaction instanceof Object ? given.transaction : {};
  const message = 'response_error_message' in said ? said.response_error_message : undefined;
  return { ...given, fiscalCode, ...(refused ? { status: 'ERROR', error: { code: String(status), message } } : {}) };
}

function errorOf(given: unknown): Pick<Registered, 'error'> {
  if (typeof given !== 'object' || given === null) return {};
  const code = 'code' in given && typeof given.code === 'string' ? given.code.slice(0, 100) : 'ERROR';
  const message = 'message' in given && typeof given.message === 'string' ? given.message.slice(0, 300) : code;
  return { error: { code, message } };
}

/** Their statuses → our words. An unknown one settles nothing: keep looking. */
export function authorityWord(name: AuthorityName, { id, status, fiscalCode, error }: Registered): Word {
  const reference = { reference: fiscalCode ?? id };
  if (status === 'DONE') {
    // The tax authority's number is what is printed on the receipt.
    return {
      type: 'done',
      ...reference,
      ...(name === 'tax' && fiscalCode !== undefined ? { facts: { fiscalCode } } : {}),
    };
  }
  if (status === 'ERROR') {
    const failure = { code: error?.code ?? 'ERROR', provider: name, message: error?.message ?? `${name} refuses it` };
    return { type: 'refused', reference: id, failure };
  }
  return { type: 'pending', reference: id };
}
