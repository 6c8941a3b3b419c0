import type { FastifyError } from 'fastify';
import type { Fault } from '../problem.ts';
import { inOurWords } from './zod-words.ts';

type Validation = NonNullable<FastifyError['validation']>[number];

const PREFIX: Readonly<Record<string, string>> = {
  body: '',
  querystring: '/query',
  params: '/path',
  headers: '/headers',
};
/** Enough to mend a request by; a body of a million wrong keys gets no answer of a million lines. */
const MOST = 50;

/** What zod found, as JSON pointers with words for the caller. */
export function faultsOf(validation: readonly Validation[], context: string): Fault[] {
  const prefix = PREFIX[context] ?? '';
  return validation.slice(0, MOST).flatMap((found): Fault[] => {
    const path = pointerOf(found);
    const { keys } = found.params;
    if (found.keyword === 'unrecognized_keys' && Array.isArray(keys)) {
      return keys.slice(0, MOST).map((key) => ({
        pointer: `${prefix}${path}/${escapePointer(String(key))}`,
        detail: context === 'querystring' ? 'is not a parameter here' : 'is not a property of this resource',
      }));
    }
    return [{ pointer: prefix + path, detail: inOurWords(found.message ?? 'is not valid') }];
  });
}

/** RFC 6901: the provider joins the path with slashes, unescaped; keys with a slash are rare enough to be shown as they are. */
function pointerOf(found: Validation): string {
  return found.instancePath === '/' ? '' : found.instancePath;
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
