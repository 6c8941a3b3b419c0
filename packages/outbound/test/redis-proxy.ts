import { type Socket, connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { type TestServer, tcpServer } from './servers.ts';

/** Stands between a process and Redis and can be cut: connections broken and new ones refused, or silent as a half-open link is. */
export interface RedisProxy {
  readonly url: string;
  /** Breaks every connection; new ones are broken at once. */
  cut(): void;
  /** Keeps every connection and lets nothing through. */
  silence(): void;
  heal(): void;
  /** Packets from the process to Redis so far; close to the number of its commands when they do not crowd. */
  packets(): number;
}

export async function redisProxy(redisUrl: string): Promise<RedisProxy> {
  const target = new URL(redisUrl);
  const pairs = new Set<Socket>();
  let packets = 0;
  let state: 'open' | 'cut' | 'silent' = 'open';
  const server: TestServer = await tcpServer((near) => {
    if (state === 'cut') return near.destroy();
    const far = connect(Number(target.port), target.hostname);
    pairs.add(near).add(far);
    near.on('data', (bytes) => {
      packets += 1;
      if (state === 'open') far.write(bytes);
    });
    far.on('data', (bytes) => state === 'open' && near.write(bytes));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        pairs.delete(one);
      });
    }
    return undefined;
  });
  const breakAll = (): void => pairs.forEach((socket) => socket.destroy());
  onTestFinished(breakAll);
  const url = new URL(redisUrl);
  url.hostname = '127.0.0.1';
  url.port = String(server.port);
  return {
    url: url.href,
    cut: () => {
      state = 'cut';
      breakAll();
    },
    silence: () => {
      state = 'silent';
    },
    packets: () => packets,
    heal: () => {
      // What went unheard in silence is lost; those connections are of no use any more.
      if (state === 'silent') breakAll();
      state = 'open';
    },
  };
}
