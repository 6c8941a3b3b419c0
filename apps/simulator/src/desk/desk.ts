import type { Ground } from '../party.ts';
import { createOutages, type Outages } from '../outage.ts';
import { createRandom } from '../random.ts';
import { tally } from '../tally.ts';
import { createBooks, type Books, type DeskBooks, type Page } from './books.ts';
import { createChooser, type Chooser, type Told } from './choose.ts';
import { defaultParams, type Fates, type GivenParams, type Params, type Trouble } from './fate.ts';
import { createPostman, type Postman } from './postman.ts';

/** What every third party after the registry works at. */
export interface Desk<Data, Life> {
  readonly name: string;
  readonly ground: Ground;
  readonly books: Books<Data>;
  readonly chooser: Chooser;
  readonly outages: Outages;
  readonly postman: Postman;
  readonly fates: Fates<Life>;
  readonly ordinary: string;
  /** Decides how a telling goes, and counts it. */
  plan(page: Page<Data>, told: Told): Plan<Life>;
  reset(): void;
}

/** How one telling goes. */
export interface Plan<Life> {
  readonly fate: string;
  readonly params: Params;
  readonly trouble: Trouble | null;
  readonly life: Life;
}

/** How a party differs from its profile. */
export interface DeskOptions {
  /** Params for every fate, e.g. `{ answerMs: 200 }` for a third party that takes its time. */
  readonly params?: GivenParams;
  /** Chances of the fates instead of the profile's. */
  readonly weights?: Readonly<Record<string, number>>;
  /** How long a webhook may take, in real time. Default 10,000. */
  readonly webhookTimeoutMs?: number;
}

export interface DeskTraits<Life> {
  readonly name: string;
  readonly fates: Fates<Life>;
  readonly ordinary: string;
  /** What rules may match besides `contains` and `next`. */
  readonly traits: readonly string[];
  /** Params of this party that differ from the usual. */
  readonly params?: GivenParams;
}

export function createDesk<Data, Life>(
  ground: Ground,
  traits: DeskTraits<Life>,
  options: DeskOptions = {},
): Desk<Data, Life> {
  const { name, fates, ordinary } = traits;
  const books = createBooks<Data>(ground.record);
  const { magicAmounts, profile } = ground;
  const chooser = createChooser({ fates, ordinary, traits: traits.traits, magicAmounts, profile });
  if (options.weights) chooser.weigh(options.weights);
  const outages = createOutages(ground.timers, name);
  const postman = createPostman(ground.timers, options.webhookTimeoutMs ?? 10_000);
  const base = { ...defaultParams, ...traits.params, ...options.params };
  let ordinal = 0;
  const paramsOf = (fate: string, given: GivenParams): Params => ({ ...base, ...fates[fate]?.params, ...given });
  return {
    name,
    ground,
    books,
    chooser,
    outages,
    postman,
    fates,
    ordinary,
    plan(page, told) {
      const chosen = chooser.choose(told, createRandom(`${ground.seed}:${name}`, (ordinal += 1)), page.tellings === 0);
      if (chosen) Object.assign(page, { fate: chosen.fate, given: chosen.params });
      page.tellings += 1;
      const own = page.fate ?? ordinary;
      const holds = page.tellings <= paramsOf(own, page.given).tries;
      const fate = holds ? own : ordinary;
      tally(books.counts.fates, fate);
      const params = paramsOf(fate, page.given);
      return { fate, params, trouble: fates[fate]?.trouble ?? null, life: lifeOf(fates, fate, ordinary, params) };
    },
    reset() {
      ordinal = 0;
      books.clear();
      chooser.reset();
      if (options.weights) chooser.weigh(options.weights);
      outages.end();
    },
  };
}

/** The desk's books, to be read. */
export function booksOf<Data>({ books }: Desk<Data, unknown>): DeskBooks<Data> {
  return { counts: () => books.counts, effects: () => books.all(), find: (id) => books.find(id) };
}

function lifeOf<Life>(fates: Fates<Life>, name: string, ordinary: string, params: Params): Life {
  const make = fates[name]?.life ?? fates[ordinary]?.life;
  if (!make) throw new Error(`the ordinary fate ${ordinary} has no life`);
  return make(params);
}
