import { createServer, connect, type Server, type Socket } from 'node:net';

/** A link between two processes that can be cut, frozen, slowed, and made to lose answers. */
export interface Link {
  readonly name: string;
  readonly port: number;
  /** Cuts every connection with a reset and lets no new one through. */
  cut(): void;
  /** The connections of now lead nowhere and nobody is told; new ones are fine. */
  halfOpen(): void;
  /** Every byte is late by this much, each way. */
  slow(ms: number): void;
  /** What the server says next is lost, and its connection with it: the request was served, the answer never came. */
  loseAnswers(): void;
  /** The same, but only of what answers a request with these bytes in it: just before a COMMIT's answer, say. */
  loseAnswersTo(bytes: string): void;
  /** Works again. Connections that lead nowhere go on doing so until their owner gives them up. */
  heal(): void;
  connections(): number;
  /** How many answers were lost so far. */
  lost(): number;
  close(): Promise<void>;
}

/** The other side of a half-open connection is told this late, as by its own keepalive. */
const FORGOTTEN_AFTER_MS = 30_000;

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  lost: boolean;
  /** The answer to what it has just asked is to be lost. */
  marked: boolean;
}

interface How {
  cut: boolean;
  lateMs: number;
  losing: boolean;
  losingTo: Buffer | undefined;
  /** How many answers were lost. */
  lost: number;
}

/** Listens on a free port of 127.0.0.1 and leads to the first of `targets` that answers. */
export async function openLink(name: string, targets: readonly number[]): Promise<Link> {
  const pairs = new Set<Pair>();
  const how: How = { cut: false, lateMs: 0, losing: false, losingTo: undefined, lost: 0 };
  let turn = 0;
  const server = createServer({ noDelay: true }, (near) => {
    near.on('error', () => undefined);
    if (how.cut) return void near.resetAndDestroy();
    turn += 1;
    lead(near, targets, turn % targets.length, targets.length, (far) => {
      join(near, far, pairs, how);
      // It was on its way when the link was cut, and no cut has seen it.
      if (how.cut) cutAll();
    });
  });
  const port = await listen(server);
  const cutAll = (): void => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  };
  return {
    name,
    port,
    cut() {
      how.cut = true;
      cutAll();
    },
    halfOpen() {
      for (const pair of pairs) forget(pair);
    },
    slow: (ms) => void (how.lateMs = ms),
    loseAnswers: () => void (how.losing = true),
    loseAnswersTo: (bytes) => void (how.losingTo = Buffer.from(bytes)),
    lost: () => how.lost,
    heal: () => void Object.assign(how, { cut: false, lateMs: 0, losing: false, losingTo: undefined }),
    connections: () => pairs.size,
    async close() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}

/** Connects to one target after the other until one answers. */
function lead(near: Socket, targets: readonly number[], at: number, left: number, joined: (far: Socket) => void): void {
  if (left === 0) return void near.resetAndDestroy();
  const far = connect({ port: targets[at % targets.length] ?? 0, host: '127.0.0.1', noDelay: true });
  const next = (): void => lead(near, targets, at + 1, left - 1, joined);
  far.once('error', next);
  far.once('connect', () => {
    far.off('error', next);
    joined(far);
  });
}

function join(near: Socket, far: Socket, pairs: Set<Pair>, how: How): void {
  const pair: Pair = { near, far, lost: false, marked: false };
  pairs.add(pair);
  pass(
    near,
    far,
    pair,
    () => how.lateMs,
    (chunk) => {
      if (how.losingTo && chunk.includes(how.losingTo)) pair.marked = true;
      return false;
    },
  );
  pass(
    far,
    near,
    pair,
    () => how.lateMs,
    () => {
      if (!how.losing && !pair.marked) return false;
      how.lost += 1;
      near.resetAndDestroy();
      far.resetAndDestroy();
      return true;
    },
  );
  for (const [mine, other] of [
    [near, far],
    [far, near],
  ] as const) {
    mine.on('error', () => undefined);
    mine.once('close', (failed) => {
      if (near.destroyed && far.destroyed) pairs.delete(pair);
      if (pair.lost) return;
      if (failed) other.resetAndDestroy();
      else other.end();
    });
  }
}

/** Bytes come late, and never out of order: what was sent after the link was healed waits for what was sent before. */
function pass(from: Socket, to: Socket, pair: Pair, lateMs: () => number, loses: (chunk: Buffer) => boolean): void {
  const line: { readonly chunk: Buffer; readonly atMs: number }[] = [];
  const write = (chunk: Buffer): void => {
    if (pair.lost || to.destroyed || to.write(chunk)) return;
    from.pause();
    to.once('drain', () => from.resume());
  };
  const release = (): void => {
    for (let [head] = line; head; [head] = line) {
      const inMs = head.atMs - performance.now();
      if (inMs > 0) return void setTimeout(release, inMs);
      line.shift();
      write(head.chunk);
    }
  };
  from.on('data', (chunk: Buffer) => {
    if (pair.lost || loses(chunk)) return;
    line.push({ chunk, atMs: performance.now() + lateMs() });
    if (line.length === 1) release();
  });
}

function forget(pair: Pair): void {
  pair.lost = true;
  // Neither side hears of it; what the kernels still deliver to us goes nowhere.
  setTimeout(() => {
    pair.near.destroy();
    pair.far.destroy();
  }, FORGOTTEN_AFTER_MS).unref();
}
