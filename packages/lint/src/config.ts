import { fileURLToPath } from 'node:url';
import type { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { mayImport } from './may-import.ts';
import type { Rooms } from './may-import.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TESTS = ['**/*.test.ts', '**/test/**', 'packages/testkit/**'];

/** The table at the top of .eslintrc.cjs. */
export type Table = Rooms & {
  /** Globs of the files that may read process.env. */
  READ_THE_ENVIRONMENT: string[];
};

/** Turns the table into the whole ESLint configuration: import walls, honest types, no floating promises, small files. */
export function config(table: Table): Linter.Config[] {
  // typescript-eslint's own config type is wider than ESLint's; both describe the same array.
  return tseslint.config(
    { ignores: ['**/dist/**', '**/node_modules/**', '.data/**', '**/coverage/**'] },
    {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: ROOT } },
      plugins: { '@typescript-eslint': tseslint.plugin, rooms: { rules: { 'may-import': mayImport(ROOT, table) } } },
      linterOptions: { reportUnusedDisableDirectives: 'error' },
      rules: { ...TYPES, ...PROMISES, ...PLAIN, 'rooms/may-import': 'error' },
    },
    { files: TESTS, rules: IN_TESTS },
    // What vitest, and BullMQ's sandbox, load takes its default export.
    { files: ['*.config.ts', '**/global-setup.ts', '**/sandbox.ts'], rules: { 'no-restricted-exports': 'off' } },
    {
      files: ['scripts/**', 'apps/{simulator,bench,chaos}/**', 'packages/lint/**', '**/migrate.ts'],
      rules: { 'no-console': 'off' },
    },
    { files: table.READ_THE_ENVIRONMENT, rules: { 'no-restricted-properties': 'off' } },
  ) as Linter.Config[];
}

const IN_TESTS: Linter.RulesRecord = {
  'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': 'off',
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/no-unsafe-assignment': 'off',
  '@typescript-eslint/no-unsafe-return': 'off',
};

const TYPES: Linter.RulesRecord = {
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-unsafe-assignment': 'error',
  '@typescript-eslint/no-unsafe-return': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/no-unnecessary-type-assertion': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/only-throw-error': 'error',
};

// A floating rejection kills the sandbox process and the jobs that happen to run in it.
const PROMISES: Linter.RulesRecord = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }],
};

const PLAIN: Linter.RulesRecord = {
  'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
  'no-restricted-properties': [
    'error',
    {
      object: 'process',
      property: 'env',
      message: 'Configuration is read in main.ts, sandbox.ts, lambda.ts or migrate.ts and handed over.',
    },
  ],
  'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: false } }],
  'no-console': 'error',
  eqeqeq: 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'no-empty': 'error',
};
