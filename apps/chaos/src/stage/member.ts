import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { goneWithin, guard, isAlive, send } from '@countersign/devservices';
import { childrenOf } from './proc.ts';
import type { Release } from './release.ts';

const RESTART_AFTER_MS = 300;
/** What a process may take to end when asked (faults.md 6). */
const END_WITHIN_MS = 15_000;

/** A process the harness keeps running, as a supervisor would: it starts again whenever it ends. */
export interface Member {
  readonly name: string;
  pid(): number;
  /** What it runs, or will when it starts again. */
  release(): Release;
  /** What it is to run from its next start on. */
  deploy(release: Release): void;
  /** Its sandbox children. */
  children(): number[];
  /** How often it ended without being asked by a fault. */
  unaskedDeaths(): readonly string[];
  kill9(): void;
  freeze(): void;
  thaw(): void;
  /** SIGTERM; resolves with how long it took to end, or null when it had to be killed. */
  terminate(): Promise<number | null>;
  close(): Promise<void>;
}

export interface MemberOptions {
  readonly name: string;
  /** The file that Node runs. */
  readonly program: (release: Release) => string;
  readonly release: Release;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}

export function startMember(options: MemberOptions): Member {
  return new Supervised(options);
}

class Supervised implements Member {
  readonly name: string;
  readonly #options: MemberOptions;
  readonly #log: WriteStream;
  readonly #unasked: string[] = [];
  #release: Release;
  #child: ChildProcess;
  #asked = false;
  #closing = false;

  constructor(options: MemberOptions) {
    this.name = options.name;
    this.#options = options;
    this.#release = options.release;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
    this.#child = this.#start();
  }

  pid(): number {
    return this.#child.pid ?? 0;
  }

  release(): Release {
    return this.#release;
  }

  deploy(release: Release): void {
    this.#release = release;
  }

  children(): number[] {
    return childrenOf(this.pid());
  }

  unaskedDeaths(): readonly string[] {
    return this.#unasked;
  }

  kill9(): void {
    this.#asked = true;
    send(this.pid(), 'SIGKILL');
  }

  freeze(): void {
    send(this.pid(), 'SIGSTOP');
  }

  thaw(): void {
    send(this.pid(), 'SIGCONT');
  }

  async terminate(): Promise<number | null> {
    this.#asked = true;
    const pid = this.pid();
    const began = Date.now();
    send(pid, 'SIGTERM');
    if (await goneWithin(pid, END_WITHIN_MS)) return Date.now() - began;
    send(pid, 'SIGKILL');
    return null;
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.thaw();
    if (isAlive(this.pid())) await this.terminate();
    this.#log.end();
  }

  #start(): ChildProcess {
    const { program, env } = this.#options;
    const { name, root } = this.#release;
    const child = spawn(process.execPath, [program(this.#release)], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#log.write(`${new Date().toISOString()} chaos: ${this.name} of ${name} started as ${child.pid}\n`);
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    const release =
      child.pid === undefined
        ? undefined
        : guard({ pid: child.pid, signal: 'SIGKILL', group: false, graceMs: 0, removeAfter: [] });
    child.once('exit', (code, signal) => {
      release?.();
      this.#log.write(`${new Date().toISOString()} chaos: ${this.name} ended with ${signal ?? code}\n`);
      if (!this.#asked && !this.#closing)
        this.#unasked.push(`${this.name} ended with ${signal ?? `code ${code}`} at ${new Date().toISOString()}`);
      this.#asked = false;
      if (!this.#closing) setTimeout(() => void (this.#closing || (this.#child = this.#start())), RESTART_AFTER_MS);
    });
    return child;
  }
}
