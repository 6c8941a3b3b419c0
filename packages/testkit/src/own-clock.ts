import { onTestFinished } from 'vitest';

const TICK_MS = 10;
/** A turn of the event loop that took longer than this is a stall, and counts as so much. */
const STALL_MS = 20;

/**
 * Milliseconds in which this process ran: a clock that stands still while the machine does something else. For what must not take
 * long, on a machine that may stand still for longer than that.
 */
export function ownClock(): () => number {
  let ranMs = 0;
  let lastMs = performance.now();
  const look = (): number => {
    const nowMs = performance.now();
    ranMs += Math.min(nowMs - lastMs, STALL_MS);
    lastMs = nowMs;
    return ranMs;
  };
  const timer = setInterval(look, TICK_MS);
  onTestFinished(() => clearInterval(timer));
  return look;
}

/** Blocks the event loop: no timer, no answer, no message is seen meanwhile. */
export function stall(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}
