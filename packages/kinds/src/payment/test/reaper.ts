import type { Dies, Watched } from '@countersign/testkit';

/** Somewhere in a life: a moment by its name, and the how manieth of that name it is. */
export interface Place {
  readonly moment: string;
  readonly nth: number;
}

/** `after commit 2` */
export function nameOfPlace({ moment, nth }: Place): string {
  return `${moment} ${nth}`;
}

/**
 * Lets lives die each at another place: at the first it comes by where none has died yet. So nothing has to be foreseen of a
 * life (on a starved machine it has a look more or less than another), and when one comes by no such place any more, a
 * process has died at every place of a whole life.
 */
export class Reaper {
  readonly #wants: (place: Place, passed: readonly string[]) => boolean;
  readonly #died = new Map<string, Place>();

  /** `wants`: which places count, by how the life has passed so far (the place's own moment included). */
  constructor(wants: (place: Place, passed: readonly string[]) => boolean) {
    this.#wants = wants;
  }

  get died(): readonly Place[] {
    return [...this.#died.values()];
  }

  /**
   * For one life. What came of it, when it is over: `missed` means that its sender had just given up waiting for an answer
   * and nobody died there; then the place is still to be died at, by another.
   */
  next(): { readonly dies: Dies; readonly fate: (watched: Watched) => 'died' | 'missed' | 'spared' } {
    let chosen: Place | undefined;
    const dies: Dies = (moments) => {
      const passed = moments.map(withoutId);
      const moment = passed.at(-1) ?? '';
      const place = { moment, nth: passed.filter((each) => each === moment).length };
      if (this.#died.has(nameOfPlace(place)) || !this.#wants(place, passed)) return false;
      chosen = place;
      // At once: lives of several lanes are under way.
      this.#died.set(nameOfPlace(place), place);
      return true;
    };
    const fate = ({ diedAt = '' }: Watched) => {
      if (!chosen) return 'spared';
      if (withoutId(diedAt) === chosen.moment) return 'died';
      this.#died.delete(nameOfPlace(chosen));
      return 'missed';
    };
    return { dies, fate };
  }
}

/** Transfers have ids of their own; a moment's name has none. */
function withoutId(moment: string): string {
  return moment.replace(/transfer_[\w-]+/, '{id}');
}
