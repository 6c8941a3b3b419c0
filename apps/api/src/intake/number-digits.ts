import type { Fault } from '../problem.ts';

/** More do not survive a double: contract section 3. */
const MAX_DIGITS = 15;
/** `JSON.stringify` would write an exponent for smaller and larger ones, which is no amount any more. */
const PLAIN = /^\d+(\.\d+)?$/;

/** Looks at the digits as they were sent, for those amounts that came as JSON numbers (strings keep theirs by themselves). */
export function findRoundedAmounts(text: string, body: unknown, names: readonly string[]): Fault[] {
  const suspects = names.filter((name) => typeof fieldOf(body, name) === 'number');
  if (suspects.length === 0) return [];
  const tokens = numberTokens(text, suspects);
  return suspects.flatMap((name) => {
    const digits = significantDigits(tokens.get(name) ?? '');
    if (digits > MAX_DIGITS) {
      return [
        {
          pointer: `/${name}`,
          detail: `has ${digits} significant digits; a JSON number may have ${MAX_DIGITS}, send it as a string`,
        },
      ];
    }
    if (PLAIN.test(String(fieldOf(body, name)))) return [];
    return [{ pointer: `/${name}`, detail: 'is too small or too large for a JSON number; send it as a string' }];
  });
}

function fieldOf(body: unknown, name: string): unknown {
  return body instanceof Object && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined;
}

/** The spelling of top-level numbers; a name given twice counts with its last value, as everywhere. */
function numberTokens(text: string, names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  let root: unknown;
  const holders = new Map<unknown, Map<string, string>>();
  const reviver = function (this: unknown, key: string, value: unknown, context: { source?: string }): unknown {
    if (names.includes(key) && context.source !== undefined) {
      const mine = holders.get(this) ?? new Map<string, string>();
      holders.set(this, mine.set(key, context.source));
    }
    if (key === '') root = value;
    return value;
  };
  // The proposal "JSON.parse source text access" is in V8 but not yet in the library types.
  JSON.parse(text, reviver as (this: unknown, key: string, value: unknown) => unknown);
  for (const [name, source] of holders.get(root) ?? []) found.set(name, source);
  return found;
}

/** Leading and trailing zeros carry no information a double could lose. */
function significantDigits(token: string): number {
  const [mantissa = ''] = token.split(/[eE]/);
  return mantissa
    .replace(/[^0-9]/g, '')
    .replace(/^0+/, '')
    .replace(/0+$/, '').length;
}
