import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

/** A file of ours and the files of ours it imports, paths from the root. */
export type FileImports = Map<string, string[]>;

/** Reads the imports of every TypeScript file of apps, packages and scripts; `@countersign/x` counts as that package's index. */
export function readImports(root: string): FileImports {
  const files = globSync(['{apps,packages}/*/{src,test}/**/*.ts', 'scripts/**/*.ts'], { cwd: root }).sort();
  return new Map(files.map((file) => [file, importsOf(root, file)]));
}

function importsOf(root: string, file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
  return importedFiles.flatMap(({ fileName }) => {
    const target = fileName.startsWith('.') ? join(dirname(file), fileName) : indexOf(root, fileName);
    return target !== undefined && existsSync(resolve(root, target)) ? [target] : [];
  });
}

function indexOf(root: string, specifier: string): string | undefined {
  const room = /^@countersign\/([^/]+)$/.exec(specifier)?.[1];
  if (room === undefined) return undefined;
  return [`packages/${room}/src/index.ts`, `apps/${room}/src/index.ts`].find((path) => existsSync(join(root, path)));
}

/** Every circle of imports, each as the list of files on it, the first repeated at the end. */
export function findCycles(imports: FileImports): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const target of imports.get(file) ?? []) walk(target);
    path.pop();
    done.add(file);
  };
  for (const file of imports.keys()) walk(file);
  return cycles;
}
