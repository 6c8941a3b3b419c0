import { touchedBy, type Fault } from '../fault.ts';
import { CLIENT_LINK_NAMES, type ClientLinkName, type LinkName } from '../stage/stage.ts';

const TARGETS: readonly (LinkName | ClientLinkName)[] = [
  'api-postgres',
  'worker-postgres',
  'worker-redis',
  'third-parties',
  ...CLIENT_LINK_NAMES,
];

/** The request is served and its answer lost with the connection: a commit nobody heard of is committed all the same. */
export const fault: Fault = {
  name: 'lose-answers',
  targets: () => TARGETS,
  touches: touchedBy,
  bounds: () => ({ acceptMs: 5_000, lifeMs: 15_000 }),
  holdMs: [300, 1_200],
  async inject({ links }, target) {
    // Targets are link names: see `targets`.
    const link = links[target as LinkName | ClientLinkName];
    const note = `${link.connections()} connections`;
    link.loseAnswers();
    return { note, heal: () => link.heal() };
  },
};
