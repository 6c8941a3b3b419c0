import { answerOf, startOurs } from './processes.ts';
import type { FromThirdParty, Seen, ToThirdParty } from '../third-party-words.ts';

/** The process that plays the registry and the client. */
export interface ThirdParty {
  readonly url: string;
  readonly pid: number;
  reset(settings?: { answerMs?: number; tellsEach?: boolean }): Promise<void>;
  /** Callbacks of this prefix that have come so far. */
  countOf(prefix: string): number;
  /** Waits until this many callbacks of the prefix have come; throws when nothing came for a while. */
  calledBack(prefix: string, count: number): Promise<void>;
  onEach(hear: (id: string) => void): void;
  report(prefixes: readonly string[]): Promise<Seen>;
  stop(): Promise<void>;
}

/** Nothing for this long: it is stuck, not slow. */
const PATIENCE_MS = 60_000;

export async function startThirdParty(): Promise<ThirdParty> {
  const running = startOurs('third-party.ts');
  // Our own process on the other side of the pipe.
  const pick = <T>(take: (message: FromThirdParty) => T | undefined): Promise<T> =>
    answerOf(running, (message) => take(message as FromThirdParty));
  const say = (message: ToThirdParty): void => void running.child.send(message);
  let counts: Record<string, number> = {};
  let hear = (_id: string): void => undefined;
  running.child.on('message', (message: FromThirdParty) => {
    if ('counts' in message) counts = message.counts;
    else if ('callback' in message) hear(message.callback);
  });
  const port = await pick((message) => ('listening' in message ? message.listening : undefined));
  const countOf = (prefix: string): number => counts[prefix] ?? 0;
  return {
    url: `http://127.0.0.1:${port}`,
    pid: running.pid,
    async reset({ answerMs = 0, tellsEach = false } = {}) {
      const done = pick((message) => ('done' in message ? true : undefined));
      say({ reset: { answerMs, tellsEach } });
      await done;
      counts = {};
    },
    countOf,
    async calledBack(prefix, count) {
      let [last, since] = [-1, performance.now()];
      while (countOf(prefix) < count) {
        const now = countOf(prefix);
        if (now !== last) [last, since] = [now, performance.now()];
        if (performance.now() - since > PATIENCE_MS) {
          throw new Error(`${now} of ${count} callbacks of ${prefix} came, then none for ${PATIENCE_MS / 1_000} s`);
        }
        await new Promise((wake) => setTimeout(wake, 20));
      }
    },
    onEach: (listener) => void (hear = listener),
    report(prefixes) {
      const seen = pick((message) => ('seen' in message ? message.seen : undefined));
      say({ report: prefixes });
      return seen;
    },
    stop: () => running.stop(),
  };
}
