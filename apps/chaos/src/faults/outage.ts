import type { Fault } from '../fault.ts';

const ANSWERS: Readonly<Record<string, object>> = {
  '500s': { answer: 500 },
  '503s': { answer: 503, retryAfterSeconds: 1 },
  silence: { answer: 'silence' },
  resets: { answer: 'reset' },
};

const PARTIES = ['registry', 'tax', 'warehouse', 'on-ramp', 'off-ramp', 'bank', 'csp-a', 'csp-b'];

/** Every third party is out of order at once: nothing is read, nothing is written there. */
export const fault: Fault = {
  name: 'outage',
  targets: () => Object.keys(ANSWERS),
  touches: () => ['third-parties'],
  bounds: () => ({ acceptMs: 1_000, lifeMs: 15_000 }),
  holdMs: [1_500, 3_000],
  async inject({ simulatorUrl }, target) {
    const headers = { 'content-type': 'application/json' };
    const all = async (request: RequestInit): Promise<void> => {
      for (const answer of await Promise.all(
        PARTIES.map((party) => fetch(`${simulatorUrl}/_sim/${party}/outage`, request)),
      )) {
        if (!answer.ok) throw new Error(`the simulator refused an outage: ${await answer.text()}`);
      }
    };
    await all({ method: 'POST', headers, body: JSON.stringify(ANSWERS[target]) });
    return { note: `${PARTIES.length} third parties`, heal: () => all({ method: 'DELETE' }) };
  },
};
