import { answerOf, startOurs } from './processes.ts';
import type { Product } from './product.ts';

/** Starts the floor on a database of its own, in the shape of a product. */
export async function startFloor(databaseUrl: string, thirdPartyUrl: string): Promise<Product> {
  const running = startOurs('floor/floor.ts', { DATABASE_URL: databaseUrl, THIRD_PARTY_URL: thirdPartyUrl });
  const port = await answerOf(running, (message) =>
    typeof message === 'object' && message !== null && 'listening' in message ? Number(message.listening) : undefined,
  );
  return {
    url: `http://127.0.0.1:${port}`,
    newClient: () => Promise.resolve('none'),
    api: running.pid,
    worker: undefined,
    startWorker: () => Promise.resolve(),
    stop: () => running.stop(),
  };
}
