import { answerJson, BadRequest } from '../http.ts';
import type { Call, Ground, Party } from '../party.ts';
import { createBooks, type Entry } from './books.ts';
import { createChooser, profileWeights, type Weights } from './choose.ts';
import { controlRegistry, fateTable } from './control.ts';
import type { Counts } from './counts.ts';
import type { GivenParams } from './course.ts';
import type { FateName } from './fates.ts';
import { createOutages } from '../outage.ts';
import { lookAtTransaction, postTransaction, type Desk } from './transaction.ts';
import { createWebhookSender } from './webhook.ts';

/** How the registry differs from its profile. */
export interface RegistryOptions {
  /** Params for every fate, e.g. `{ answerMs: 200 }` for a third party that takes its time. */
  readonly params?: GivenParams;
  /** Params for one fate. */
  readonly fates?: Partial<Record<FateName, GivenParams>>;
  /** Chances of the fates instead of the profile's. */
  readonly weights?: Weights;
  /** How long a webhook may take, in real time. Default 10,000. */
  readonly webhookTimeoutMs?: number;
}

/** The registry's books for who runs it in its own process. They are the living ones: do not write into them. */
export interface RegistryBooks {
  counts(): Readonly<Counts>;
  effects(): IterableIterator<Readonly<Entry>>;
  find(id: string): Readonly<Entry> | undefined;
}

/** The transaction registry: contract.md 6 in front, third-parties.md 7 behind. */
export function openRegistry(ground: Ground, options: RegistryOptions = {}): Party & { books: RegistryBooks } {
  const desk: Desk = {
    ground,
    books: createBooks(ground.record),
    chooser: createChooser({
      weights: options.weights ?? profileWeights[ground.profile],
      magicAmounts: ground.magicAmounts,
      overrides: options.fates ?? {},
      base: options.params ?? {},
    }),
    outages: createOutages(ground.timers, 'registry'),
    webhooks: createWebhookSender(options.webhookTimeoutMs ?? 10_000),
    posts: 0,
  };
  return {
    books: { counts: () => desk.books.counts, effects: () => desk.books.all(), find: (id) => desk.books.find(id) },
    handle: (call) => handle(desk, call),
    control: (call) => controlRegistry(desk, call),
    reset() {
      desk.posts = 0;
      desk.books.clear();
      desk.chooser.reset();
      desk.outages.end();
    },
    settings: () => ({}),
    close: () => desk.webhooks.close(),
  };
}

const lookPath = '/transaction/';

function handle(desk: Desk, call: Call): void | Promise<void> {
  if (call.method === 'GET' && call.path.startsWith(lookPath)) {
    return lookAtTransaction(desk, call, decodeURIComponent(call.path.slice(lookPath.length)));
  }
  if (call.method === 'POST' && call.path === '/transaction') return postTransaction(desk, call);
  if (call.method === 'GET' && call.path === '/fates') return answerJson(call.response, 200, { data: fateTable() });
  throw new BadRequest(
    `the registry has no ${call.method} ${call.path}; it has POST /transaction, GET /transaction/{id} and GET /fates`,
    [],
    404,
  );
}
