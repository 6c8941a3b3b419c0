import type { Log, MetricJson } from '@countersign/process';
import { PING_EVERY_MS, SandboxProcess, type Errand } from './sandbox-process.ts';

export interface WardOptions {
  readonly name: string;
  readonly file: URL;
  readonly env: NodeJS.ProcessEnv;
  /** How many processes. */
  readonly processes: number;
  /** Errands at once in one process. */
  readonly slots: number;
  /** Processes larger than this are replaced. */
  readonly maxRssBytes: number;
  /** Start processes only when there is work; `goes`: and let them go after 30 s without. */
  readonly onDemand: false | 'stays' | 'goes';
  /** For Node. */
  readonly flags: readonly string[];
  readonly log: Log;
}

const IDLE_TICKS = 30;

/** The same kind of sandboxes with one queue before them. What happens to an errand whose sandbox died is the pool's affair. */
export class Ward {
  readonly #options: WardOptions;
  readonly #waiting: Errand[] = [];
  readonly #onLost: (errand: Errand, how: string) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #respawns = new Set<NodeJS.Timeout>();
  #processes: SandboxProcess[] = [];
  #senders: readonly string[] | undefined;
  #failedStarts = 0;
  #idleTicks = 0;
  #closed = false;
  died = 0;

  constructor(options: WardOptions, onLost: (errand: Errand, how: string) => void) {
    this.#options = options;
    this.#onLost = onLost;
    this.#timer = setInterval(() => this.#tick(), PING_EVERY_MS);
    if (!options.onDemand) this.#staff();
  }

  take(errand: Errand): void {
    this.#waiting.push(errand);
    this.#idleTicks = 0;
    this.want();
    this.#handOut();
  }

  /** Work for it has come, or will. */
  want(): void {
    if (this.#processes.length === 0) this.#staff();
  }

  abort(n: number): void {
    const at = this.#waiting.findIndex((errand) => errand.order.n === n);
    if (at >= 0) this.#waiting.splice(at, 1)[0]?.reject(new Error('the job was taken from this worker'));
    for (const process of this.#processes) process.abort(n);
  }

  counts(): { processes: number; ready: number; running: number; waiting: number; died: number; rssBytes: number } {
    const sum = (of: (process: SandboxProcess) => number): number =>
      this.#processes.reduce((total, process) => total + of(process), 0);
    return {
      processes: this.#processes.length,
      ready: sum((process) => (process.ready ? 1 : 0)),
      running: sum((process) => process.errands.size),
      waiting: this.#waiting.length,
      died: this.died,
      rssBytes: sum((process) => process.rssBytes),
    };
  }

  /** Errands in each process and before it; Infinity while none is up. */
  load(): number {
    let errands = this.#waiting.length;
    let ready = 0;
    for (const process of this.#processes) {
      errands += process.errands.size;
      if (process.ready) ready += 1;
    }
    return ready === 0 ? Infinity : errands / ready;
  }

  /** Light visits of this client are in the worker's hands, or the last of them has ended. */
  light(client: string, inHand: boolean): void {
    for (const process of this.#processes) process.light(client, inHand);
  }

  /** Who may send: for those that are up, and for those that come. */
  senders(clients: readonly string[]): void {
    this.#senders = clients;
    for (const process of this.#processes) process.senders(clients);
  }

  pids(): number[] {
    return this.#processes.flatMap(({ pid }) => pid ?? []);
  }

  async metrics(withinMs: number): Promise<MetricJson[][]> {
    return await Promise.all(this.#processes.map(async (process) => await process.metrics(withinMs)));
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const timer of this.#respawns) clearTimeout(timer);
    for (const process of this.#processes) process.kill();
  }

  /** Work goes to the least loaded; processes that retire or are not up yet get none. */
  #handOut(): void {
    while (this.#waiting.length > 0) {
      const free = this.#processes.filter((p) => p.ready && !p.retiring && p.errands.size < this.#options.slots);
      const [first, ...others] = free;
      if (!first) return;
      const least = others.reduce((best, p) => (p.errands.size < best.errands.size ? p : best), first);
      const errand = this.#waiting.shift();
      if (errand) least.take(errand);
    }
  }

  #staff(): void {
    const serving = this.#processes.filter((process) => !process.retiring).length + this.#respawns.size;
    for (let n = serving; n < this.#options.processes && !this.#closed; n += 1) this.#spawn();
  }

  #spawn(): void {
    const { file } = this.#options;
    const process = new SandboxProcess(file, this.#options, {
      onReady: () => {
        this.#failedStarts = 0;
        if (this.#senders) process.senders(this.#senders);
        this.#replaceRetired();
        this.#handOut();
      },
      onRoom: () => this.#handOut(),
      onGone: (left, how, wasReady) => this.#gone(process, left, how, wasReady),
    });
    this.#processes.push(process);
  }

  #gone(process: SandboxProcess, left: readonly Errand[], how: string, wasReady: boolean): void {
    this.#processes = this.#processes.filter((each) => each !== process);
    const planned = process.retiring && left.length === 0;
    if (this.#closed || planned) return;
    this.died += 1;
    if (!wasReady) this.#failedStarts += 1;
    this.#options.log.warn({ sandbox: this.#options.name, how, jobs: left.length, wasReady }, 'a sandbox died');
    for (const errand of left) this.#onLost(errand, how);
    if (this.#options.onDemand === 'goes' && this.#waiting.length === 0) return;
    // At once; only one that cannot even start is tried at growing distances.
    const inMs = this.#failedStarts === 0 ? 0 : Math.min(5_000, 100 * 2 ** this.#failedStarts);
    const timer = setTimeout(() => {
      this.#respawns.delete(timer);
      this.#staff();
    }, inMs);
    this.#respawns.add(timer);
  }

  #tick(): void {
    for (const process of this.#processes) process.tick();
    const large = this.#processes.find((p) => !p.retiring && p.rssBytes > this.#options.maxRssBytes);
    // One at a time, and its place is taken before it leaves.
    if (large && this.#processes.every((p) => p.ready)) this.#recycle(large);
    const busy = this.#waiting.length > 0 || this.#processes.some((p) => p.errands.size > 0);
    this.#idleTicks = busy ? 0 : this.#idleTicks + 1;
    if (this.#options.onDemand === 'goes' && this.#idleTicks > IDLE_TICKS)
      for (const process of this.#processes) process.retire();
  }

  #recycle(large: SandboxProcess): void {
    const { name, log, maxRssBytes } = this.#options;
    log.info({ sandbox: name, rssBytes: large.rssBytes, maxRssBytes }, 'a sandbox has grown too large and is replaced');
    this.#spawn();
  }

  /** A newcomer is up: one that is too large goes when its last job has ended. */
  #replaceRetired(): void {
    const serving = this.#processes.filter((process) => !process.retiring);
    if (serving.length <= this.#options.processes) return;
    serving.reduce((a, b) => (b.rssBytes > a.rssBytes ? b : a)).retire();
  }
}
