import type { Word } from '@countersign/flow';

export const REGISTRY = 'registry';

/** Their statuses → our words. An unknown one settles nothing: keep looking. */
export function registryWord(status: unknown, reference?: string): Word {
  const known = reference === undefined ? {} : { reference };
  if (status === 'completed') return { type: 'done', ...known };
  if (status === 'declined') {
    return {
      type: 'refused',
      ...known,
      failure: { code: 'DECLINED', provider: REGISTRY, message: 'the registry declined the transaction' },
    };
  }
  return { type: 'pending', ...known };
}
