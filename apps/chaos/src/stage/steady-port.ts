import { portIsFree } from '@countersign/devservices';

/** Below the range from which systems take the near ends of connections (32768 on Linux): what is killed must find its port free again. */
const FIRST = 20_000;
const LAST = 32_000;

let next = FIRST + (process.pid % (LAST - FIRST));

/** A port of 127.0.0.1 that nobody listens on, and that no connection takes while its owner is down. */
export async function steadyPort(): Promise<number> {
  for (let tries = 0; tries < LAST - FIRST; tries += 1) {
    next = next >= LAST ? FIRST : next + 1;
    if (await portIsFree(next)) return next;
  }
  throw new Error(`no port is free between ${FIRST} and ${LAST}`);
}
