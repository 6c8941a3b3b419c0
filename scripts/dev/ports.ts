import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, portIsFree } from '@countersign/devservices';
import { claim } from './lock.ts';
import type { Memory } from './memory.ts';

const API_PORT = 3_000;

/** A variable that cannot mean anything: ends dev with 78, as it ends our processes. */
export class WrongSetting extends Error {}

/** The port of last time while it is free, else any free one. */
export async function stablePort(memory: Memory, name: string): Promise<number> {
  const last = memory.ports[name];
  const port = last !== undefined && (await portIsFree(last)) ? last : await freePort();
  memory.ports[name] = port;
  return port;
}

/**
 * The API's port: PORT when it is given, else 3000, else another one with a note about it.
 * @throws WrongSetting when PORT is given and no port; Error when it is not free.
 */
export async function apiPort(
  given: string | undefined,
  memory: Memory,
  note: (text: string) => void,
): Promise<number> {
  if (given !== undefined && given !== '') {
    const port = Number(given);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new WrongSetting(`PORT is ${JSON.stringify(given)}; expected a number from 1 to 65535`);
    if (await portIsFree(port)) return port;
    throw new Error(`PORT ${port} is taken by another program; give another one (PORT=3001) or leave it out`);
  }
  if ((await portIsFree(API_PORT)) && claimsFavourite()) return API_PORT;
  const port = await stablePort(memory, 'api');
  note(`port ${API_PORT} is taken by another program: the API gets ${port} (choose one by PORT=…)`);
  return port;
}

// Two clones started at the same moment would both find the port free: the first to write the file has it. It is given
// back when the process ends; a file left by a crash counts for nothing.
function claimsFavourite(): boolean {
  const file = join(tmpdir(), `countersign-port-${API_PORT}`);
  try {
    if (claim(file) !== undefined) return false;
  } catch {
    // Left behind by another user of this machine.
    return false;
  }
  process.once('exit', () => rmSync(file, { force: true }));
  return true;
}
