const LOOK_EVERY_MS = 10;

/**
 * Waits until a condition holds, looking every `everyMs` (10): for what a test can see but not be told. Time in which this process
 * itself stood still does not count, and what came meanwhile is heard before the last look.
 * @param condition returns something truthy once it holds; what it throws counts as "not yet" and is reported at the end.
 * @returns what the condition returned.
 * @throws Error naming `label` (a function is asked at the end) and the last value seen or error thrown, after `timeoutMs` (default 10,000).
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  {
    timeoutMs = 10_000,
    everyMs = LOOK_EVERY_MS,
    label = 'the condition',
  }: { timeoutMs?: number; everyMs?: number; label?: string | (() => string) } = {},
): Promise<Truthy<T>> {
  let deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    const lookedMs = performance.now();
    try {
      const value = await condition();
      // What the test above this line means: truthy.
      if (value) return value as Truthy<T>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (lookedMs > deadline) {
      const what = typeof label === 'string' ? label : label();
      throw new Error(`Waited ${timeoutMs} ms for ${what}; last seen: ${describe(last)}`, { cause: last });
    }
    const dueMs = performance.now() + everyMs;
    await new Promise((wake) => setTimeout(wake, everyMs));
    // After a stall timers come before sockets: what the condition looks at may lie there unread.
    await new Promise((wake) => setImmediate(wake));
    deadline += Math.max(0, performance.now() - dueMs);
  }
}

type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;

function describe(value: unknown): string {
  if (value instanceof Error) return value.message;
  return JSON.stringify(value) ?? String(value);
}
