import { touchedBy, type Fault } from '../fault.ts';
import { LINK_NAMES, type LinkName } from '../stage/stage.ts';

/** Connections of now lead nowhere and nobody is told, new ones are fine: what hangs a default pool for ever. */
export const fault: Fault = {
  name: 'half-open',
  targets: () => LINK_NAMES,
  touches: touchedBy,
  bounds: (target) =>
    target.endsWith('postgres') ? { acceptMs: 30_000, lifeMs: 30_000 } : { acceptMs: 1_000, lifeMs: 60_000 },
  // There is nothing to heal; the house must notice by itself.
  holdMs: [0, 0],
  async inject({ links }, target) {
    // Targets are link names: see `targets`.
    const link = links[target as LinkName];
    const note = `${link.connections()} connections`;
    link.halfOpen();
    return { note, heal: () => undefined };
  },
};
