import { touchedBy, type Fault } from '../fault.ts';
import { LINK_NAMES, type LinkName } from '../stage/stage.ts';

/** A network that is gone: connections are reset, new ones refused. */
export const fault: Fault = {
  name: 'cut',
  targets: () => LINK_NAMES,
  touches: touchedBy,
  bounds: (target) =>
    target === 'api-postgres' ? { acceptMs: 5_000, lifeMs: 15_000 } : { acceptMs: 1_000, lifeMs: 15_000 },
  holdMs: [1_500, 4_000],
  async inject({ links }, target) {
    // Targets are link names: see `targets`.
    const link = links[target as LinkName];
    const note = `${link.connections()} connections`;
    link.cut();
    return { note, heal: () => link.heal() };
  },
};
