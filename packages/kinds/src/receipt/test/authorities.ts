import { ask } from '@countersign/testkit';

/** Longer than this machine is likely to stand still: a call that was given up takes another way to the same end. */
const TIMEOUT_MS = '3000';

const settings = (name: string): Record<string, string> => ({
  [`PROVIDER_${name.toUpperCase()}_URL`]: `{simulator}/${name}`,
  [`PROVIDER_${name.toUpperCase()}_API_KEY`]: `${name}-api-key`,
  [`PROVIDER_${name.toUpperCase()}_WEBHOOK_SECRET`]: `${name}-webhook-secret`,
  [`PROVIDER_${name.toUpperCase()}_TIMEOUT_MS`]: TIMEOUT_MS,
  [`PROVIDER_${name.toUpperCase()}_RETRY_DELAY_MS`]: '1500',
  [`PROVIDER_${name.toUpperCase()}_POLL_MAX_DELAY_MS`]: '1000',
  [`PROVIDER_${name.toUpperCase()}_POLL_MAX_AGE_MS`]: '20000',
});
export const AUTHORITIES_ENV = { ...settings('tax'), ...settings('warehouse') };

/** A till's receipt; what `note` says chooses the authorities' fates (apps/simulator/src/authority/README.md). */
export function receipt(reference: string, note: string): Record<string, unknown> {
  return {
    ftCashBoxID: 'IT-SCU-1234567',
    cbTerminalID: 'T1',
    cbReceiptReference: reference,
    ftReceiptCase: '0x4954200000000001',
    cbChargeItems: [
      { Quantity: 1, Description: 'Product A', Amount: 100.1, VATRate: 22 },
      { Quantity: 2, Description: 'Product B', Amount: 21.9, VATRate: 22 },
    ],
    cbPayItems: [{ Quantity: 1, Description: 'Cash', Amount: 122 }],
    note,
  };
}

/** How often each authority keeps it, by its own books; not a number where they differ. */
export async function effectsOf(simulator: string, id: string): Promise<number> {
  const of = async (name: string) => (await ask('GET', `${simulator}/_sim/${name}/effects/${id}`)).json.effects ?? 0;
  const [tax, warehouse] = await Promise.all([of('tax'), of('warehouse')]);
  return tax === warehouse ? tax : Number.NaN;
}
