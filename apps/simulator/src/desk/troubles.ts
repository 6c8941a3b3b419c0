import type { Fate, Trouble } from './fate.ts';

type Plain = Fate<never>;
const trouble = (cents: number, does: string, what: Trouble, tries?: number): Plain => {
  return { cents, does, trouble: what, ...(tries === undefined ? {} : { params: { tries } }) };
};

/** Troubles any third party may have with a request that has an effect; the same cents as at the registry. */
export const troubles = {
  '504-kept': trouble(21, '504, and it is done', { effect: 'kept', how: 'status', status: 504 }, 1),
  '504-kept-late': trouble(22, '504, and it is done after lateMs', { effect: 'late', how: 'status', status: 504 }, 1),
  '504-lost': trouble(
    23,
    '504 and nothing done; the next try is served',
    { effect: 'lost', how: 'status', status: 504 },
    1,
  ),
  'silent-kept': trouble(24, 'never answered, and it is done', { effect: 'kept', how: 'silence' }, 1),
  'silent-lost': trouble(
    26,
    'never answered and nothing done; the next try is served',
    { effect: 'lost', how: 'silence' },
    1,
  ),
  'reset-before': trouble(
    27,
    'connection reset, nothing done; the next try is served',
    { effect: 'lost', how: 'reset' },
    1,
  ),
  'reset-after': trouble(28, 'connection reset, and it is done', { effect: 'kept', how: 'reset' }, 1),
  'never-answers': trouble(29, 'neither this nor, from then on, a look is ever answered', {
    effect: 'lost',
    how: 'silence',
    deaf: true,
  }),
  'busy-429': trouble(
    31,
    '429 with Retry-After for the first tries, then served',
    { effect: 'lost', how: 'status', status: 429, retryAfter: true },
    2,
  ),
  'burst-500': trouble(32, '500 for the first tries, then served', { effect: 'lost', how: 'status', status: 500 }, 2),
  'burst-503': trouble(
    33,
    '503 with Retry-After for the first tries, then served',
    { effect: 'lost', how: 'status', status: 503, retryAfter: true },
    2,
  ),
  '503-always': trouble(45, '503 and nothing done, every time', { effect: 'lost', how: 'status', status: 503 }),
  refused: trouble(34, 'a 4xx (httpStatus) refusal with `code`, every time', { effect: 'lost', how: 'status' }),
  huge: trouble(37, 'done, the answer is `bytes` long', { effect: 'kept', how: 'huge' }, 1),
  malformed: trouble(39, 'done, the answer is half a document', { effect: 'kept', how: 'malformed' }, 1),
  redirect: trouble(44, 'nothing done, the answer is a redirect', { effect: 'lost', how: 'redirect' }),
} as const satisfies Record<string, Plain>;
