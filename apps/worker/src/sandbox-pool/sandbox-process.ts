import { fork, type ChildProcess } from 'node:child_process';
import { done, type Outcome } from '@countersign/flow';
import type { MetricJson } from '@countersign/process';
import { crossed, type Answer, type FromSandbox, type Order, type ToSandbox } from './messages.ts';
import { SHARED } from './serve.ts';

/** A visit under way: what it needs to be answered. */
export interface Errand {
  readonly order: Order;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

export interface SandboxEvents {
  readonly onReady: () => void;
  /** A place became free. */
  readonly onRoom: () => void;
  readonly onGone: (left: readonly Errand[], how: string, wasReady: boolean) => void;
}

const DONE = done();
/** Signs of life are asked for every second; five missing in a row mean a busy loop or a stopped process. */
export const PING_EVERY_MS = 1_000;
const MISSED_PINGS = 5;
/** A start on a busy machine takes a second or two; this one will not come any more. */
const START_TICKS = 30;
/** About 1 ms of the worker's work: so long another sandbox's answer waits at most. */
const ANSWERS_PER_TURN = 8;

export interface SandboxStart {
  readonly env: NodeJS.ProcessEnv;
  readonly flags: readonly string[];
}

/** The worker's side of one sandbox process: hands it errands in batches, listens for its life, and for its death. */
export class SandboxProcess {
  readonly errands = new Map<number, Errand>();
  rssBytes = 0;
  ready = false;
  /** Takes no new errands; ends when the last is answered. */
  retiring = false;
  #events: SandboxEvents;
  #child: ChildProcess;
  #ticks = 0;
  #orders: Order[] = [];
  #aborted: number[] = [];
  #flushing = false;
  #answers: Answer[] = [];
  #passing = false;
  /** Clients of whose light visits it was told. */
  readonly #lightInHand = new Set<string>();
  #asked = 0;
  #metrics = new Map<number, (metrics: MetricJson[]) => void>();

  constructor(file: URL, { env, flags }: SandboxStart, events: SandboxEvents) {
    this.#events = events;
    this.#child = fork(file, [SHARED], {
      env,
      execArgv: [...process.execArgv, ...flags],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: FromSandbox) => this.#hear(message));
    this.#child.on('error', () => this.kill());
    this.#child.once('exit', (code, signal) => this.#gone(signal ?? `code ${code}`));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  take(errand: Errand): void {
    this.errands.set(errand.order.n, errand);
    this.#orders.push(errand.order);
    this.#soon();
  }

  abort(n: number): void {
    if (!this.errands.has(n)) return;
    this.#aborted.push(n);
    this.#soon();
  }

  /** Called every second by the pool. Counts ticks, not time: a pause of the whole machine must not look like silence. */
  tick(): void {
    this.#ticks += 1;
    if (this.#ticks > (this.ready ? MISSED_PINGS : START_TICKS)) this.kill();
    else if (this.ready) this.#say({ type: 'ping' });
  }

  /** To one without errands nothing is said: it has nobody to hold back. Of an end it hears where it heard of the beginning. */
  light(client: string, inHand: boolean): void {
    const isToHear = inHand ? this.ready && this.errands.size > 0 : this.#lightInHand.delete(client);
    if (!isToHear) return;
    if (inHand) this.#lightInHand.add(client);
    this.#say({ type: 'light', client, inHand });
  }

  senders(clients: readonly string[]): void {
    if (this.ready) this.#say({ type: 'senders', clients });
  }

  async metrics(withinMs: number): Promise<MetricJson[]> {
    if (!this.ready) return [];
    const n = (this.#asked += 1);
    return await new Promise((resolve) => {
      const end = (metrics: MetricJson[]): void => {
        clearTimeout(timer);
        this.#metrics.delete(n);
        resolve(metrics);
      };
      const timer = setTimeout(end, withinMs, []);
      this.#metrics.set(n, end);
      this.#say({ type: 'metrics', n });
    });
  }

  retire(): void {
    this.retiring = true;
    if (this.errands.size === 0) this.kill();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(message: FromSandbox): void {
    this.#ticks = 0;
    switch (message.type) {
      case 'ready':
        this.ready = true;
        this.#events.onReady();
        break;
      case 'answers':
        for (const n of message.plain) this.#answers.push({ n, outcome: DONE });
        this.#answers.push(...message.answers);
        if (!this.#passing) this.#passOn();
        break;
      case 'pong':
        this.rssBytes = message.rssBytes;
        break;
      case 'metrics':
        this.#metrics.get(message.n)?.(message.metrics);
        break;
    }
  }

  /** Each answer costs us about 100 µs, the queue's work included: a message of 500 must not hold up the others'. */
  #passOn(): void {
    for (const answer of this.#answers.splice(0, ANSWERS_PER_TURN)) this.#end(answer);
    this.#passing = this.#answers.length > 0;
    if (this.#passing) setImmediate(() => this.#passOn());
    if (this.retiring && this.errands.size === 0) this.kill();
    this.#events.onRoom();
  }

  #end(answer: Answer): void {
    const errand = this.errands.get(answer.n);
    this.errands.delete(answer.n);
    if ('outcome' in answer) errand?.resolve(answer.outcome);
    else errand?.reject(crossed(answer.error));
  }

  #gone(how: string): void {
    // What it had answered is not lost with it.
    for (const answer of this.#answers.splice(0)) this.#end(answer);
    const left = [...this.errands.values()];
    this.errands.clear();
    this.#events.onGone(left, how, this.ready);
  }

  /** One message per turn of the event loop: handing over a job then costs a few µs instead of 14. */
  #soon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#say({ type: 'work', orders: this.#orders, aborted: this.#aborted });
      this.#orders = [];
      this.#aborted = [];
    });
  }

  #say(message: ToSandbox): void {
    // A child that is dying hears nothing; its `exit` tells.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
