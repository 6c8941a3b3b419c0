import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `pnpm dev` remembers between two starts, in `.data/dev.json` (readable by you alone: it holds keys). */
export type Memory = {
  adminKey: string;
  /** What clients' callback secrets are sealed by in the database that lies beside this file. */
  secretsKey?: string;
  /** The demo client and its key; the secret is what its callbacks are signed with. */
  demo?: { clientId: string; key: string; webhookSecret: string };
  /** Ports used last time, taken again while they are free. */
  ports: Record<string, number>;
  /** Where the API listens right now, for `pnpm demo`. */
  url?: string;
  simulatorUrl?: string;
  /** The third parties' numbers, `PROVIDER_…_MS` and `…_RETRIES`. */
  settings?: Record<string, string>;
};

/** Reads the memory; on the first start, makes up an administrator key. */
export function recall(dataDir: string): Memory {
  try {
    // Written by `remember` below; a file somebody broke reads as a first start.
    return JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as Memory;
  } catch {
    return { adminKey: `cs_admin_${randomBytes(32).toString('base64url')}`, ports: {} };
  }
}

/** Writes the memory, whole or not at all. */
export function remember(dataDir: string, memory: Memory): void {
  const half = `${fileOf(dataDir)}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify(memory, null, 2)}\n`, { mode: 0o600 });
  renameSync(half, fileOf(dataDir));
}

function fileOf(dataDir: string): string {
  return join(dataDir, 'dev.json');
}
