/** Where a text stops being JSON, and why: what a person who must mend the request needs. Called only after parsing failed. */
export interface JsonFault {
  /** 0-based, in UTF-16 units; line and column are 1-based. */
  readonly position: number;
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

export function findJsonFault(text: string): JsonFault {
  const { position, expected } = scan(text);
  const before = text.slice(0, position);
  return { position, line: before.split('\n').length, column: position - before.lastIndexOf('\n'), expected };
}

type State = 'value' | 'first-value' | 'first-name' | 'name' | 'colon' | 'after';

const EXPECTED: Record<State, string> = {
  value: 'a value (object, array, string in double quotes, number, true, false or null)',
  'first-value': 'a value or "]"',
  'first-name': 'a property name in double quotes or "}"',
  name: 'a property name in double quotes',
  colon: '":"',
  after: '"," or the closing bracket',
};

/** A JSON grammar as one loop over a stack of open brackets: no recursion, so depth cannot hurt. */
function scan(text: string): { position: number; expected: string } {
  const open: string[] = [];
  let state: State = 'value';
  let at = 0;
  for (;;) {
    at = skip(SPACE, text, at) ?? at;
    if (state === 'after' && open.length === 0) return { position: at, expected: 'the end of the document' };
    const next = step(state, open, text, at);
    if (next === undefined) return { position: at, expected: EXPECTED[state] };
    [state, at] = next;
  }
}

/** One token on: what is expected after it, and where that begins. undefined: what stands here cannot stand here. */
function step(state: State, open: string[], text: string, at: number): [State, number] | undefined {
  const char = text[at];
  const inside = open.at(-1);
  if ((char === '}' && inside === '{') || (char === ']' && inside === '[')) {
    if (state !== 'after' && state !== 'first-name' && state !== 'first-value') return undefined;
    open.pop();
    return ['after', at + 1];
  }
  if (state === 'after') return char === ',' ? [inside === '{' ? 'name' : 'value', at + 1] : undefined;
  if (state === 'colon') return char === ':' ? ['value', at + 1] : undefined;
  if (state === 'name' || state === 'first-name') return past(STRING, 'colon', text, at);
  if (char === '{' || char === '[') {
    open.push(char);
    return [char === '{' ? 'first-name' : 'first-value', at + 1];
  }
  return past(char === '"' ? STRING : SCALAR, 'after', text, at);
}

function past(token: RegExp, then: State, text: string, at: number): [State, number] | undefined {
  const end = skip(token, text, at);
  return end === undefined ? undefined : [then, end];
}

function skip(token: RegExp, text: string, at: number): number | undefined {
  token.lastIndex = at;
  return token.test(text) ? token.lastIndex : undefined;
}
