import type { ProviderSettings } from './environment.ts';

const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 50;

/**
 * Waits until a URL answers with a 2xx.
 * @throws Error naming the URL after two minutes, or the reason of the signal.
 */
export async function answers(url: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const ok = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]) }).then(
      async (answer) => (await answer.arrayBuffer(), answer.ok),
      () => false,
    );
    if (ok) return;
    if (Date.now() > deadline)
      throw new Error(`${url} did not answer 200 within ${READY_WITHIN_MS / 1_000} s; the log above may say why.`);
    await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
  }
}

/**
 * What a running simulator says Countersign must be told, by third party. It may be restarted just then (its code changed,
 * or it died): asked again until it answers.
 * @throws Error naming the URL after `withinMs`, or the reason of the signal.
 */
export async function settingsIn(
  simulatorUrl: string,
  signal: AbortSignal,
  withinMs = READY_WITHIN_MS,
): Promise<ProviderSettings> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await settingsOnce(simulatorUrl, AbortSignal.any([signal, AbortSignal.timeout(2_000)]));
    } catch (cause) {
      if (Date.now() > deadline)
        throw new Error(
          `The simulator at ${simulatorUrl} gave no settings within ${withinMs / 1_000} s; the log above may say why.`,
          { cause },
        );
    }
    await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
  }
}

async function settingsOnce(simulatorUrl: string, signal: AbortSignal): Promise<ProviderSettings> {
  const answer = await fetch(`${simulatorUrl}/_sim`, { signal });
  // What the simulator says about itself.
  const { settings } = (await answer.json()) as { settings?: ProviderSettings };
  if (!answer.ok || settings === undefined) throw new Error(`it answered ${answer.status} without settings`);
  return settings;
}
