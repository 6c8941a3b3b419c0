import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const room = fileURLToPath(new URL('..', import.meta.url));

test(
  "the page's scripts hold to the types their comments give, and none of them is any",
  { timeout: 60_000 },
  async () => {
    const tsc = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url));
    const { stdout } = await promisify(execFile)(tsc, ['-p', `${room}/tsconfig.json`]).catch((error: unknown) => {
      // What it found stands on stdout; anything else is thrown as it is.
      if (error instanceof Error && 'stdout' in error) return { stdout: String(error.stdout) || error.message };
      throw error;
    });
    expect(stdout).toBe('');
    for (const file of globSync('src/*.js', { cwd: room }))
      expect(readFileSync(`${room}/${file}`, 'utf8'), file).not.toMatch(/\{any\b|\bany(\[\])?\}/);
  },
);
