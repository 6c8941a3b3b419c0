import { freePort, isAlive } from '@countersign/devservices';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { descendants, makeRealCopy, startDev } from './dev-copy.ts';
import type { Copy, Dev } from './dev-copy.ts';

// A newcomer's first minutes: `pnpm dev` with the real API, worker and simulator.
let copy: Copy;
let dev: Dev;

beforeAll(async () => {
  copy = makeRealCopy();
  // The pace of dev (2 s for an answer, 5 s until the next try) is for people; here a call must outlast a standing machine.
  dev = startDev(copy.root, { PORT: String(await freePort()), PROVIDER_REGISTRY_TIMEOUT_MS: '20000' });
  await until(dev.url, { timeoutMs: 50_000, label: 'the ready line' }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${dev.output()}`);
  });
}, 60_000);

afterAll(async () => {
  dev.child.kill('SIGTERM');
  await dev.ended;
  copy.remove();
});

test('the printed curl, pasted, is 202; the transaction is registered, and the demo client hears of it', async () => {
  const command = printedCurl(dev.output());
  const first = await paste(command);
  expect(first.status).toBe(202);
  const again = await paste(command);
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
  const location = first.headers.get('location');
  const settled = await until(async () => {
    const answer = await fetch(new URL(location ?? '', command.url), { headers: command.headers });
    const resource = (await answer.json()) as { status: string };
    return resource.status === 'COMPLETED' && resource;
  });
  expect(settled).toMatchObject({ registrations: [{ provider: 'registry', status: 'DONE' }] });
  const timeline = await until(async () => {
    const answer = await fetch(new URL(`${location}/timeline`, command.url), { headers: command.headers });
    const { data } = (await answer.json()) as { data: { type: string; statusCode?: number }[] };
    return data.some((entry) => entry.type === 'callback' && entry.statusCode === 200) && data;
  });
  expect(timeline[0]).toMatchObject({ type: 'accepted' });
});

test.each(['docs', 'metrics'])('the printed address of %s answers', async (name) => {
  const address = new RegExp(`${name} +(http\\S+)`).exec(dev.output())?.[1] ?? '';
  expect((await ask(address)).status).toBe(200);
});

test('Ctrl-C leaves no process', async () => {
  const processes = await descendants(dev.child.pid!);
  expect(processes.length).toBeGreaterThanOrEqual(7);
  process.kill(-dev.child.pid!, 'SIGINT');
  expect(await dev.ended).toBe(0);
  await until(() => processes.every((pid) => !isAlive(pid)), { label: 'every process to end' });
});

type Curl = { url: string; headers: Record<string, string>; body: string };

// Machines without curl exist; what matters is that the quoted parts are right.
function printedCurl(output: string): Curl {
  const text = /^curl -i (\S+) \\\n([\s\S]*?)\n\n/m.exec(output) ?? [];
  const headers = [...(text[2] ?? '').matchAll(/-H '([^:']+): ([^']*)'/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  const body = /-d '([^']*)'/.exec(text[2] ?? '')?.[1] ?? '';
  return { url: text[1] ?? '', headers: Object.fromEntries(headers) as Record<string, string>, body };
}

function paste({ url, headers, body }: Curl): Promise<Response> {
  return ask(url, { method: 'POST', headers, body });
}

/** Again while it is 503: a door whose machine stood still turns everybody away for half a second, and says so. */
function ask(url: string, init: RequestInit = {}): Promise<Response> {
  return until(
    async () => {
      const answer = await fetch(url, init);
      return answer.status !== 503 && answer;
    },
    { label: `another answer than 503 from ${url}`, everyMs: 200 },
  );
}
