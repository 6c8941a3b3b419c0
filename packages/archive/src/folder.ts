import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { ObjectStore } from './object-store.ts';

/** A folder as an object store: written beside, flushed to the disk, then renamed. */
export function openFolder(root: string): ObjectStore {
  const place = (path: string): string => {
    const whole = normalize(join(root, path));
    if (!whole.startsWith(normalize(root) + sep)) throw new Error(`${path} is outside the archive's folder`);
    return whole;
  };
  return {
    put: async (path, bytes) => {
      const file = place(path);
      await mkdir(dirname(file), { recursive: true });
      const draft = draftOf(file);
      try {
        await writeDurably(draft, bytes);
        await rename(draft, file);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
      await flush(dirname(file));
    },
    get: async (path) => await readFile(place(path)).catch(undefinedIfMissing),
    slice: async (path, start, end) => {
      const file = await open(place(path));
      try {
        const bytes = Buffer.alloc(end - start);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
        return bytes.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
    remove: async (path) => {
      await rm(draftOf(place(path)), { force: true });
      await rm(place(path), { force: true });
    },
    url: async () => undefined,
    close: () => {},
  };
}

/** One name per file: what a killed process left is overwritten by the next try, or removed with the file. */
function draftOf(file: string): string {
  return `${file}.tmp`;
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A name is durable when its folder is. */
async function flush(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
