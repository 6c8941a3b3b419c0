import { BANK } from '@countersign/providers';
import type { Door } from '../door.ts';

export interface BankDependency {
  readonly status: 'up' | 'down';
  readonly needed: false;
  readonly error?: string;
}

/** Workers look every few seconds; what nobody has looked at for so long is not known to be well. */
const STALE_MS = 60_000;

/**
 * The bank as the workers see it: `bank`, and each of its checks as `bank.<check>`. It gates payouts only, so it never turns
 * readiness red. Nothing where no kind uses it.
 */
export async function bankOutlook(door: Pick<Door, 'contracts' | 'store'>): Promise<Record<string, BankDependency>> {
  if (!door.contracts.some(({ providers }) => providers.includes(BANK))) return {};
  const outlook = await door.store.outlooks.of(BANK).catch(() => undefined);
  if (!outlook) return { [BANK]: down('no worker has looked at it yet') };
  if (outlook.ageMs > STALE_MS) {
    return { [BANK]: down(`no worker has looked at it for ${Math.round(outlook.ageMs / 1000)} s`) };
  }
  const checks = Object.entries(outlook.checks).map(([name, reason]) => [`${BANK}.${name}`, standing(reason)] as const);
  const failing = Object.entries(outlook.checks).filter(([, reason]) => reason !== null);
  const why = failing.map(([name]) => name).join(', ');
  return {
    [BANK]: outlook.ready ? standing(null) : down(why === '' ? 'in doubt' : `not well: ${why}`),
    ...Object.fromEntries(checks),
  };
}

function standing(reason: string | null): BankDependency {
  return reason === null ? { status: 'up', needed: false } : down(reason);
}

/** The page is open to everybody: where the bank lives is nobody's business. */
function down(reason: string): BankDependency {
  return { status: 'down', needed: false, error: reason.replaceAll(/https?:\/\/[^\s)]*/g, 'the bank').slice(0, 200) };
}
