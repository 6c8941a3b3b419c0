import { z } from 'zod';

/** One wrong or missing variable: its name, what was given (secrets masked; undefined: nothing), and what would be right. */
export interface EnvProblem {
  readonly variable: string;
  readonly given: string | undefined;
  readonly expected: string;
}

/** What a reader made of the environment: a value only when nothing at all is wrong. Warnings never stop a start. */
export interface Reading<T> {
  readonly value: T | undefined;
  readonly problems: readonly EnvProblem[];
  readonly warnings: readonly string[];
}

export type Env = Readonly<Record<string, string | undefined>>;

/** sysexits.h EX_CONFIG: supervisors can tell "wrongly configured" from "crashed". */
export const EXIT_CONFIG = 78;

/**
 * Judges the environment as a whole by a zod object whose keys are the variables. Give every field a `.describe()`:
 * its words are what the operator reads as "expected". An empty variable counts as absent.
 */
export function readEnv<S extends z.ZodObject>(schema: S, env: Env): Reading<z.output<S>> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name]?.trim();
    if (value) given[name] = value;
  }
  const result = schema.safeParse(given);
  if (result.success) return { value: result.data, problems: [], warnings: [] };
  const seen = new Set<string>();
  const problems: EnvProblem[] = [];
  for (const issue of result.error.issues) {
    const variable = String(issue.path[0] ?? '(together)');
    if (seen.has(variable)) continue;
    seen.add(variable);
    problems.push({
      variable,
      given: mask(variable, given[variable]),
      expected: wordsOf(schema.shape[variable]) ?? issue.message,
    });
  }
  return { value: undefined, problems, warnings: [] };
}

/** The description of a field, or of the one inside its `.default()` or `.optional()`. */
function wordsOf(field: unknown): string | undefined {
  for (
    let inner = field;
    inner instanceof z.ZodType;
    inner = 'innerType' in inner.def ? inner.def.innerType : undefined
  ) {
    if (inner.description !== undefined) return inner.description;
  }
  return undefined;
}

/** Several readings as one, so that the operator sees every problem at once. */
export function joinReadings<T extends Record<string, unknown>>(parts: {
  readonly [K in keyof T]: Reading<T[K]>;
}): Reading<T> {
  const all = Object.values<Reading<unknown>>(parts);
  const problems = all.flatMap((part) => part.problems);
  const warnings = all.flatMap((part) => part.warnings);
  if (problems.length > 0) return { value: undefined, problems, warnings };
  // Each part has a value, since none has a problem.
  const value = Object.fromEntries(
    Object.entries<Reading<unknown>>(parts).map(([name, part]) => [name, part.value]),
  ) as T;
  return { value, problems, warnings };
}

export function describeProblems(problems: readonly EnvProblem[]): string {
  const lines = problems.map(
    (p) =>
      `  ${p.variable}: ${p.given === undefined ? 'is not set' : `was ${JSON.stringify(p.given)}`}; expected ${p.expected}`,
  );
  return `The environment is wrong in ${problems.length} place${problems.length === 1 ? '' : 's'}:\n${lines.join('\n')}\n`;
}

/** The thin end: the value, or a list of every problem on stderr and exit 78. */
export function envOrExit<T>(reading: Reading<T>): T {
  for (const warning of reading.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (reading.value !== undefined && reading.problems.length === 0) return reading.value;
  process.stderr.write(describeProblems(reading.problems));
  process.exit(EXIT_CONFIG);
}

const SECRET = /KEY|SECRET|PASSWORD|TOKEN|CERT/;

/** Hides secrets whole, and the password inside a URL. */
export function mask(variable: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (SECRET.test(variable)) return `(${value.length} characters, hidden)`;
  return value.replace(/(:\/\/[^:@/\s]*):[^@/\s]*@/, '$1:***@');
}
