import { answerOf, startOurs } from './processes.ts';
import type { FromGenerator, Plan, Result, ToGenerator } from '../generator-plan.ts';

/** The process that sends. */
export interface Generator {
  readonly pid: number;
  /** How many of the current plan are answered. */
  progress(): number;
  run(plan: Plan): Promise<Result>;
  /** Sends the next of a `single` plan. */
  next(): void;
  stop(): Promise<void>;
}

export function startGenerator(): Generator {
  const running = startOurs('generator.ts');
  let progress = 0;
  running.child.on('message', (message: FromGenerator) => {
    if ('progress' in message) progress = message.progress;
  });
  const say = (message: ToGenerator): void => void running.child.send(message);
  return {
    pid: running.pid,
    progress: () => progress,
    async run(plan) {
      progress = 0;
      // Our own process on the other side of the pipe.
      const result = answerOf(running, (message) => {
        const said = message as FromGenerator;
        return 'result' in said ? said.result : undefined;
      });
      say({ plan });
      return await result;
    },
    next: () => say({ next: true }),
    stop: () => running.stop(),
  };
}
