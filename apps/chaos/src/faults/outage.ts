import type { Fault } from '../fault.ts';

const ANSWERS: Readonly<Record<string, object>> = {
  '500s': { answer: 500 },
  '503s': { answer: 503, retryAfterSeconds: 1 },
  silence: { answer: 'silence' },
  resets: { answer: 'reset' },
};

/** The registry itself is out of order: nothing is read, nothing is written there. */
export const fault: Fault = {
  name: 'outage',
  targets: () => Object.keys(ANSWERS),
  touches: () => ['registry'],
  bounds: () => ({ acceptMs: 1_000, lifeMs: 15_000 }),
  holdMs: [1_500, 3_000],
  async inject({ simulatorUrl }, target) {
    const url = `${simulatorUrl}/_sim/registry/outage`;
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(ANSWERS[target]) });
    if (!answer.ok) throw new Error(`the simulator refused an outage: ${await answer.text()}`);
    return { heal: () => fetch(url, { method: 'DELETE' }).then(() => undefined) };
  },
};
