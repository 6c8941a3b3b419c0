import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import type { JsonValue, Rule, TypeProblem, Violation } from './document-type.ts';

/** Far more than any rule people write; what is heavier than that is stopped by the time limit. */
const LIMITS = { maxAstNodes: 2_000, maxDepth: 60, maxListElements: 500, maxMapEntries: 500, maxCallArguments: 16 };

/** A rule made ready: says what is wrong, or nothing. */
export type Check = (document: JsonValue) => Violation | undefined;

/** @throws TypeProblem-like errors by `problem`, for the person who defines the type. */
export function compileRules(rules: readonly (string | Rule)[], problem: (problem: TypeProblem) => void): Check[] {
  return rules.flatMap((given, at) => {
    const rule = typeof given === 'string' ? { expression: given } : given;
    const pointer = typeof given === 'string' ? `/rules/${at}` : `/rules/${at}/expression`;
    try {
      return [compile(rule, rule.id ?? String(at + 1))];
    } catch (error) {
      problem({ pointer, detail: error instanceof Error ? firstLines(error.message) : 'cannot be read' });
      return [];
    }
  });
}

function compile({ expression, message }: Rule, name: string): Check {
  const parsed = environment.parse(expression);
  refuseRegularExpressions(parsed.ast);
  const checked = parsed.check();
  if (!checked.valid) throw checked.error ?? new Error('its types do not fit');
  if (checked.type !== undefined && !['bool', 'dyn'].includes(checked.type)) {
    throw new Error(`must be true or false, and is ${checked.type}`);
  }
  return (document) => {
    try {
      const held: unknown = parsed({ document, doc: document });
      if (held === true) return undefined;
      const detail = message ?? `must hold: ${expression.slice(0, 200)}`;
      return { rule: name, detail };
    } catch (error) {
      const why = error instanceof Error ? firstLines(error.message) : 'unknown';
      return {
        rule: name,
        detail: `${message ?? `must hold: ${expression.slice(0, 200)}`} (it cannot be evaluated: ${why})`,
      };
    }
  };
}

/** JavaScript's regular expressions can run for years on 40 characters. */
function refuseRegularExpressions(ast: ASTNode): void {
  // The tree of any expression; only the names of calls are read.
  const stack: unknown[] = [ast];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (Array.isArray(node)) stack.push(...(node as unknown[]));
    else if (node instanceof Object && 'op' in node && 'args' in node) {
      const { op, args } = node as { op: string; args: unknown };
      if ((op === 'call' || op === 'rcall') && Array.isArray(args) && args[0] === 'matches')
        throw new Error('uses matches(): regular expressions are not allowed in rules; put a pattern into the schema');
      if (args instanceof Object) stack.push(args);
    }
  }
}

/** CEL draws the place under the expression; that is worth three lines, not more. */
function firstLines(message: string): string {
  return message.split('\n').slice(0, 4).join(' ').replace(/\s+/g, ' ').trim().slice(0, 300);
}

const environment = new Environment({
  unlistedVariablesAreDyn: false,
  homogeneousAggregateLiterals: false,
  limits: LIMITS,
})
  .registerVariable('document', 'dyn')
  .registerVariable('doc', 'dyn')
  .registerFunction('number(dyn): double', (value: unknown) => toNumber(value))
  .registerFunction('list(dyn): list<dyn>', (value: unknown) => (Array.isArray(value) ? (value as unknown[]) : [value]))
  .registerFunction('values(dyn, string): list<dyn>', (value: unknown, path: string) =>
    valuesAt(value, path.split('/')),
  )
  .registerFunction('round(dyn, int): double', (value: unknown, digits: bigint) => roundTo(value, Number(digits)))
  .registerFunction('sum(dyn): double', (value: unknown) => sumOf(Array.isArray(value) ? value : [value]));

/** A number, the digits of a text, or the text of an element with attributes. */
function textOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'object' && value !== null && '#text' in value) return String(value['#text']).trim();
  throw new Error('is not a number');
}

function toNumber(value: unknown): number {
  const text = textOf(value);
  if (!NUMBER.test(text)) throw new Error(`"${text.slice(0, 40)}" is not a number`);
  return Number(text);
}

const NUMBER = /^[+-]?\d{1,40}(\.\d{0,40})?$/;
const SCALE = 20;

/** Exact: added as whole numbers of 10^-20, so that 0.10 + 0.20 is 0.30. */
function sumOf(values: readonly unknown[]): number {
  let sum = 0n;
  for (const value of values) {
    const text = String(toPlain(value));
    const [whole = '0', fraction = ''] = text.replace(/^[+-]/, '').split('.');
    const scaled = BigInt(whole + fraction.slice(0, SCALE).padEnd(SCALE, '0'));
    sum += text.startsWith('-') ? -scaled : scaled;
  }
  const digits = (sum < 0n ? -sum : sum).toString().padStart(SCALE + 1, '0');
  return Number(`${sum < 0n ? '-' : ''}${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`);
}

const MOST_DIGITS = 15;

/** Half away from zero, by the digits people see: 1.005 to two is 1.01, whatever its double is. */
function roundTo(value: unknown, digits: number): number {
  if (!(digits >= 0 && digits <= MOST_DIGITS)) throw new Error(`digits must be 0 to ${MOST_DIGITS}`);
  const text = toPlain(value);
  const [whole = '0', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const kept = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  const rounded = (kept + (Number(fraction[digits] ?? 0) >= 5 ? 1n : 0n)).toString().padStart(digits + 1, '0');
  const sign = text.startsWith('-') ? '-' : '';
  return Number(`${sign}${rounded.slice(0, rounded.length - digits)}.${rounded.slice(rounded.length - digits)}`);
}

function toPlain(value: unknown): string {
  const text = textOf(value);
  if (NUMBER.test(text)) return text;
  const number = Number(text);
  if (text !== '' && Number.isFinite(number) && Math.abs(number) < 1e20) return number.toFixed(SCALE);
  throw new Error(`"${text.slice(0, 40)}" is not a number`);
}

/** Every value at a path of names, through lists; what is not there is left out. */
function valuesAt(value: unknown, [name, ...rest]: readonly string[]): unknown[] {
  if (Array.isArray(value)) return (value as unknown[]).flatMap((item) => valuesAt(item, [name ?? '', ...rest]));
  if (name === undefined || name === '') return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (!Object.hasOwn(value, name)) return [];
  // Present, since it is one of its own keys.
  const next = (value as Record<string, unknown>)[name];
  if (rest.length > 0) return valuesAt(next, rest);
  return Array.isArray(next) ? (next as unknown[]) : [next];
}
