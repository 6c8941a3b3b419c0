import type { Fault } from '../fault.ts';
import type { LinkName } from '../stage/stage.ts';

/** Names of prepared statements, as the wire carries them (with the NUL before and after): the statement that accepts, and the one that moves. */
const COMMITS: Readonly<Partial<Record<LinkName, string>>> = {
  'api-postgres': '\0accept\0',
  'worker-postgres': '\0commit\0',
};

/** Cut on a pattern, just before the answer of what commits: it is committed, and nobody was told so. */
export const fault: Fault = {
  name: 'lose-commit',
  targets: () => Object.keys(COMMITS),
  touches: () => ['postgres'],
  bounds: () => ({ acceptMs: 5_000, lifeMs: 15_000 }),
  holdMs: [1_500, 3_000],
  async inject({ links }, target) {
    // Targets are link names: see `COMMITS`.
    const link = links[target as LinkName];
    const before = link.lost();
    link.loseAnswersTo(COMMITS[target as LinkName] ?? '');
    return {
      heal: () => {
        link.heal();
        return `${link.lost() - before} commits whose answer was lost`;
      },
    };
  },
};
