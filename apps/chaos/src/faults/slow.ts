import { touchedBy, type Fault } from '../fault.ts';
import { between } from '../random.ts';
import { LINK_NAMES, type LinkName } from '../stage/stage.ts';

/** Every byte is late: no error, only time. */
export const fault: Fault = {
  name: 'slow',
  targets: () => LINK_NAMES,
  touches: touchedBy,
  bounds: () => ({ acceptMs: 5_000, lifeMs: 15_000 }),
  holdMs: [2_000, 4_000],
  async inject({ links }, target, random) {
    // Targets are link names: see `targets`.
    const link = links[target as LinkName];
    const ms = Math.round(between(random, 50, 400));
    link.slow(ms);
    return { note: `${ms} ms each way`, heal: () => link.heal() };
  },
};
