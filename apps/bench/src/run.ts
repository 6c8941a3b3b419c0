import type { Outcome, Scenario, Stage } from './scenario.ts';
import { meter } from './stage/cost.ts';
import type { Group } from './stage/cpu.ts';
import { startFloor } from './stage/floor.ts';
import { startGenerator } from './stage/generator.ts';
import { startProduct, type Product } from './stage/product.ts';
import type { Services } from './stage/services.ts';
import { startThirdParty } from './stage/third-party.ts';

const BODY_BYTES = 2_048;

/** One scenario on the product, or on its floor: everything but Redis and PostgreSQL is started anew. */
export async function run(
  scenario: Scenario,
  services: Services,
  root: string,
  quick: boolean,
  isFloor: boolean,
): Promise<Outcome> {
  const databaseUrl = await services.fresh(`${scenario.name}${isFloor ? '_floor' : ''}`);
  const thirdParty = await startThirdParty();
  const generator = startGenerator();
  let product: Product | undefined;
  try {
    const started = isFloor
      ? await startFloor(databaseUrl, thirdParty.url)
      : await startProduct({
          root,
          name: scenario.name,
          redisUrl: services.redisUrl,
          databaseUrl,
          thirdPartyUrl: thirdParty.url,
          worker: scenario.worker,
        });
    product = started;
    const label = `${scenario.name}${isFloor ? ' (floor)' : ''}`;
    const stage: Stage = {
      product: started,
      databaseUrl,
      isFloor,
      quick,
      thirdParty,
      generator,
      plan: (given) => ({
        url: started.url,
        perSecond: 0,
        inFlight: 256,
        bodyBytes: BODY_BYTES,
        callbackUrl: `${thirdParty.url}/callbacks`,
        ...given,
      }),
      async send(plan) {
        const { prefix, count } = plan;
        const tell = (): void =>
          stage.say(
            `${prefix}: ${generator.progress()} of ${count} accepted, ${thirdParty.countOf(prefix)} called back`,
          );
        return await telling(tell, async () => await generator.run(plan));
      },
      say: (text) => progress(`${label}  ${text}`),
      meter: () => meter(groupsOf(started, isFloor, services, thirdParty.pid, generator.pid)),
    };
    stage.say('running');
    return await scenario.run(stage);
  } finally {
    progress('');
    await Promise.all([product?.stop(), generator.stop(), thirdParty.stop()]);
  }
}

/** Does the work, and tells every second how far it is. */
async function telling<T>(tell: () => void, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(tell, 1_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

function groupsOf(
  product: Product,
  isFloor: boolean,
  { redisPid, postgresPid }: Services,
  thirdParty: number,
  generator: number,
): Group[] {
  const worker = product.worker === undefined ? [] : [product.worker];
  const groups: Group[] = [
    { name: 'generator', roots: [generator], take: 'itself' },
    { name: 'third party', roots: [thirdParty], take: 'itself' },
    { name: isFloor ? 'floor' : 'API', roots: [product.api], take: 'all' },
    { name: 'worker', roots: worker, take: 'itself' },
    { name: 'sandbox', roots: worker, take: 'children' },
    { name: 'Redis', roots: redisPid === undefined ? [] : [redisPid], take: 'all' },
    { name: 'PostgreSQL', roots: postgresPid === undefined ? [] : [postgresPid], take: 'all' },
  ];
  return groups.filter(({ roots }) => roots.length > 0);
}

/** One line that is written over; nothing where nobody watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
  else if (text !== '') process.stderr.write(`${text}\n`);
}
