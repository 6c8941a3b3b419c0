import { relative, resolve, sep } from 'node:path';
import type { Rule } from 'eslint';

/** Who may import whom. */
export type Rooms = {
  /** Room → the rooms it may import. */
  ROOMS: Record<string, string[]>;
  /** Rooms that any room's tests may import besides. */
  TESTS_ALSO: string[];
  /** npm package → the rooms that may import it, and whether any test may. */
  ONLY_IN: Record<string, { rooms: string[]; tests: boolean }>;
};

const OURS = '@countersign/';

/** The ESLint rule that holds the walls between the rooms: every import, static, dynamic or re-exported. */
export function mayImport(root: string, rooms: Rooms): Rule.RuleModule {
  return {
    meta: { type: 'problem', schema: [], messages: { wall: '{{ problem }}' } },
    create(context) {
      const check = (node: Rule.Node, specifier: unknown): void => {
        if (typeof specifier !== 'string') return;
        const problem = importProblem(root, context.filename, specifier, rooms);
        if (problem !== undefined) context.report({ node, messageId: 'wall', data: { problem } });
      };
      return {
        ImportDeclaration: (node) => check(node, node.source.value),
        ExportNamedDeclaration: (node) => check(node, node.source?.value),
        ExportAllDeclaration: (node) => check(node, node.source.value),
        ImportExpression: (node) => check(node, node.source.type === 'Literal' ? node.source.value : undefined),
      };
    },
  };
}

/** What is wrong with this import, as a sentence with what would be right; undefined when nothing is. */
export function importProblem(root: string, file: string, specifier: string, rooms: Rooms): string | undefined {
  const here = roomOf(root, file);
  if (here === undefined) return undefined;
  if (specifier.startsWith('.')) return relativeProblem(root, file, specifier, here);
  if (specifier.startsWith(OURS)) return roomProblem(specifier.slice(OURS.length), file, here, rooms);
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const only = rooms.ONLY_IN[name];
  if (only === undefined || only.rooms.includes(here) || (only.tests && isTest(file))) return undefined;
  return `${name} may be imported only in ${only.rooms.join(', ')}, not in ${here}.`;
}

function relativeProblem(root: string, file: string, specifier: string, here: string): string | undefined {
  const there = roomOf(root, resolve(file, '..', specifier));
  if (there === here || here === 'scripts') return undefined;
  return `${specifier} leaves the room ${here}: import ${there === undefined ? 'a package' : OURS + there} instead.`;
}

function roomProblem(target: string, file: string, here: string, rooms: Rooms): string | undefined {
  const [there = '', ...deeper] = target.split('/');
  if (deeper.length > 0)
    return `${OURS}${target} reaches into ${there}: import ${OURS}${there} and export what is needed there.`;
  // Scripts are run by people, on a developer's machine, and belong to no room.
  if (here === 'scripts' || here === there) return undefined;
  const row = rooms.ROOMS[here];
  if (row === undefined) return `The room ${here} is not in the table at the top of .eslintrc.cjs: add it.`;
  if (row.includes(there) || (isTest(file) && rooms.TESTS_ALSO.includes(there))) return undefined;
  return `${here} may not import ${there}; it may import ${row.length === 0 ? 'nothing of ours' : row.join(', ')} (table at the top of .eslintrc.cjs).`;
}

function roomOf(root: string, file: string): string | undefined {
  const [top, room] = relative(root, file).split(sep);
  if (top === 'scripts') return 'scripts';
  return top === 'apps' || top === 'packages' ? room : undefined;
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.includes(`${sep}test${sep}`);
}
