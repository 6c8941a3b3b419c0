import { mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, send, startPostgres, startRedis, type Service } from '@countersign/devservices';
import { childrenOf } from './proc.ts';
import { steadyPort } from './steady-port.ts';

const RESTART_AFTER_MS = 300;

/** A store of our own that is started again, on the same port and data, when it ends. */
export interface Store {
  readonly url: string;
  readonly port: number;
  pids(): number[];
  /** SIGKILL, `meanwhile` on the data while it is down, and up again. */
  kill9(meanwhile?: () => void): Promise<void>;
  /** Starts it where it has ended by itself; whether it had. */
  startIfEnded(): Promise<boolean>;
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

class Kept implements Store {
  readonly url: string;
  readonly port: number;
  readonly #start: () => Promise<Service>;
  readonly #withChildren: boolean;
  #service: Service;
  #frozen: number[] = [];

  constructor(service: Service, start: () => Promise<Service>, withChildren: boolean) {
    this.url = service.url;
    this.port = service.port;
    this.#service = service;
    this.#start = start;
    this.#withChildren = withChildren;
  }

  pids(): number[] {
    const { pid } = this.#service;
    return [pid, ...(this.#withChildren ? childrenOf(pid) : [])];
  }

  async kill9(meanwhile?: () => void): Promise<void> {
    await this.#service.kill9();
    meanwhile?.();
    await new Promise((wake) => setTimeout(wake, RESTART_AFTER_MS));
    this.#service = await this.#start();
  }

  async startIfEnded(): Promise<boolean> {
    if (isAlive(this.#service.pid)) return false;
    this.#service = await this.#start();
    return true;
  }

  freeze(): void {
    this.#frozen = this.pids();
    for (const pid of this.#frozen) send(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.#frozen) send(pid, 'SIGCONT');
    this.#frozen = [];
  }

  async close(): Promise<void> {
    this.thaw();
    await this.#service.stop();
  }
}

/** PostgreSQL, with what it said in despair. */
export interface OwnPostgres extends Store {
  /** How often it panicked so far. */
  panics(): number;
}

export async function ownPostgres(dataDir: string): Promise<OwnPostgres> {
  const port = await steadyPort();
  let panics = 0;
  const onLine = (line: string): void => {
    if (/\bPANIC:/.test(line)) panics += 1;
  };
  const start = (): Promise<Service> =>
    startPostgres({ dataDir, port, settings: { synchronous_commit: 'on', fsync: 'on' }, onLine });
  return Object.assign(new Kept(await start(), start, true), { panics: () => panics });
}

/** Redis, with the sizes its append-only file had, so that its last second can be lost. */
export interface OwnRedis extends Store {
  /** Kills it and cuts the append-only file back to what it was a second ago. Gives the bytes lost. */
  loseLastSecond(): Promise<number>;
}

export async function ownRedis(dataDir: string): Promise<OwnRedis> {
  mkdirSync(dataDir, { recursive: true });
  const port = await steadyPort();
  const start = (): Promise<Service> => startRedis({ dataDir, port });
  const kept = new Kept(await start(), start, false);
  const sizes: { at: number; file: string; size: number }[] = [];
  const timer = setInterval(() => {
    const now = appendOnlyFile(dataDir);
    if (now) sizes.push({ at: Date.now(), ...now });
    if (sizes.length > 100) sizes.splice(0, 50);
  }, 100);
  return Object.assign(kept, {
    async loseLastSecond() {
      let lost = 0;
      await kept.kill9(() => {
        const last = appendOnlyFile(dataDir);
        const before = sizes.filter(({ at, file }) => at <= Date.now() - 1_000 && file === last?.file).at(-1);
        if (!last || !before) return;
        lost = last.size - before.size;
        truncateSync(last.file, before.size);
      });
      return lost;
    },
    async close() {
      clearInterval(timer);
      await Kept.prototype.close.call(kept);
    },
  });
}

/** The file Redis 7 appends to (`appendonlydir/appendonly.aof.N.incr.aof`), or the single one of older servers. */
function appendOnlyFile(dataDir: string): { file: string; size: number } | undefined {
  try {
    const folder = join(dataDir, 'appendonlydir');
    const name = readdirSync(folder)
      .filter((one) => one.endsWith('.incr.aof'))
      .sort()
      .at(-1);
    const file = name === undefined ? join(dataDir, 'appendonly.aof') : join(folder, name);
    return { file, size: statSync(file).size };
  } catch {
    return undefined;
  }
}
