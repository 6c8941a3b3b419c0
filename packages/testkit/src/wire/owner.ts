import type { Socket } from 'node:net';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * SIGKILL for the process at the other end of a connection within this machine: one of this process's descendants.
 * Returns false when there is none any more. Linux only: it reads /proc.
 */
export function killSender({ remotePort = 0, localPort = 0 }: Pick<Socket, 'remotePort' | 'localPort'>): boolean {
  const inode = inodeOf(remotePort, localPort);
  const pid = inode === undefined ? undefined : descendants(process.pid).find((each) => holds(each, inode));
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  return pid !== undefined;
}

/** The rows of /proc/net/tcp: `local remote` as `<address>:<port>` in hex, the inode in the tenth column. */
function inodeOf(theirPort: number, ourPort: number): string | undefined {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, local = '', remote = '']) => local.endsWith(hex(theirPort)) && remote.endsWith(hex(ourPort)))?.[9];
}

function descendants(pid: number): number[] {
  return quietly(() => readdirSync(`/proc/${pid}/task`), [])
    .flatMap((task) => quietly(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'), '').split(' '))
    .filter(Boolean)
    .flatMap((child) => [Number(child), ...descendants(Number(child))]);
}

function holds(pid: number, inode: string): boolean {
  return quietly(() => readdirSync(`/proc/${pid}/fd`), []).some(
    (fd) => quietly(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '') === `socket:[${inode}]`,
  );
}

/** What is looked at may end at any moment. */
function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
