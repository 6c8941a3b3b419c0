import type { Store } from '@countersign/store';
import type { Office } from '../src/payouts/office.ts';

/** Wraps everything a replica does to the outside; throws or hangs for ever where it is killed. */
export type Seam = <T>(what: string, call: () => Promise<T>) => Promise<T>;

/** Every method of the shelves a replica writes to goes through the seam. */
export function seamed(store: Store, seam: Seam): Office['store'] {
  const shelf = <T extends object>(name: string, methods: T): T =>
    Object.fromEntries(
      Object.entries(methods).map(([method, call]) => [
        method,
        (...given: unknown[]) =>
          seam(`${name}.${method}`, () => (call as (...all: unknown[]) => Promise<unknown>)(...given)),
      ]),
    ) as T;
  const { leases, payouts, bankMail, bells, outlooks, webhooks, cellar } = store;
  return {
    leases: shelf('leases', leases),
    payouts: shelf('payouts', payouts),
    bankMail: shelf('bankMail', bankMail),
    bells: shelf('bells', bells),
    outlooks: shelf('outlooks', outlooks),
    webhooks: shelf('webhooks', webhooks),
    cellar: shelf('cellar', cellar),
  };
}
