import type { ProviderSettings } from '@countersign/process';
import { compactIban, isIban, sepaText, type Debtor } from '@countersign/providers';

type Given = ProviderSettings['debtor'];

/**
 * Whose account pays. What is wrong with it would be wrong with every file, and the bank would reject every payout: none is sent
 * before it is right.
 * @throws Error naming each variable that is missing or cannot be right.
 */
export function assertDebtor({ name, iban, bic }: Given): void {
  const problems: string[] = [];
  if (name === undefined) problems.push('PROVIDER_BANK_DEBTOR_NAME must be given');
  else if (sepaText(name).left.length > 0 || sepaText(name).text === '')
    problems.push('PROVIDER_BANK_DEBTOR_NAME must be a name that SEPA can write');
  if (iban === undefined) problems.push('PROVIDER_BANK_DEBTOR_IBAN must be given');
  else if (!isIban(iban)) problems.push('PROVIDER_BANK_DEBTOR_IBAN must be an IBAN whose checksum is right');
  if (bic !== undefined && !/^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/.test(bic))
    problems.push('PROVIDER_BANK_DEBTOR_BIC must be a BIC of 8 or 11 characters');
  if (problems.length > 0) throw new Error(problems.join('; '));
}

/** As files name it; blank where it is not given, which `assertDebtor` keeps from ever being sent. */
export function debtorOf({ name = '', iban = '', bic }: Given): Debtor {
  return { name, iban: compactIban(iban), ...(bic === undefined ? {} : { bic }) };
}
