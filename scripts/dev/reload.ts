import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';

const OURS = '@countersign/';
// An editor saves in several steps, a `git checkout` in many: wait until it is quiet.
const QUIET_MS = 150;

/**
 * Calls `onChange` when the code of an app, or of a package it uses, changes. Tests do not count.
 * @returns the function that stops watching.
 */
export function watchCode(root: string, app: string, onChange: () => void, note: (text: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const changed = (_event: string, file: string | null): void => {
    if (file === null || !file.endsWith('.ts') || file.endsWith('.test.ts')) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, QUIET_MS);
  };
  const watchers = foldersOf(root, `apps/${app}`).flatMap((folder) => {
    try {
      const watcher = watch(folder, { recursive: true }, changed);
      watcher.on('error', () => watcher.close());
      return [watcher];
    } catch (error) {
      // Most often ENOSPC: the machine's limit of watched files. Everything else still works.
      note(`changes in ${folder} are not noticed: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

function foldersOf(root: string, start: string): string[] {
  const rooms = new Set([start]);
  for (const room of rooms) {
    const file = join(root, room, 'package.json');
    if (!existsSync(file)) continue;
    // What npm defines a package.json to hold.
    const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies?: Record<string, string> };
    for (const name of Object.keys(dependencies))
      if (name.startsWith(OURS)) rooms.add(`packages/${name.slice(OURS.length)}`);
  }
  return [...rooms].map((room) => join(root, room, 'src')).filter((folder) => existsSync(folder));
}
