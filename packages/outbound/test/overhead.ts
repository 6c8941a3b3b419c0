// Measures what a call costs over bare undici: `node packages/outbound/test/overhead.ts`. CPU microseconds of this process per call, 50 at
// a time, keep-alive, against a server in a process of its own; rounds take turns so that the machine's moods hit both.
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { Agent, request } from 'undici';
import { createCaller, openLimits } from '../src/index.ts';

const CALLS = 20_000;
const AT_ONCE = 50;
const BODY = JSON.stringify({ id: '0199', amount: '12.50', currency: 'EUR', webhookUrl: 'http://127.0.0.1/x' });

if (process.send) {
  const server = createServer((asked, response) => {
    asked.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"0199","status":"pending"}');
  });
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
} else {
  const server = fork(new URL(import.meta.url).pathname);
  server.once('message', (address: { port: number }) => void compare(address.port).finally(() => server.kill()));
}

async function compare(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/transaction`;
  const agent = new Agent({ allowH2: false });
  const headers = { 'content-type': 'application/json', 'user-agent': 'countersign/0.1.0' };
  const bare = async (): Promise<unknown> => {
    const answer = await request(url, { method: 'POST', body: BODY, headers, dispatcher: agent });
    return answer.body.text();
  };
  const { call, close } = createCaller({ userAgent: 'countersign/0.1.0', allowPrivate: true });
  const ours = (): Promise<unknown> => call({ method: 'POST', url, body: BODY, timeoutMs: 10_000 });
  const { signal } = new AbortController();
  const withSignal = (): Promise<unknown> => call({ method: 'POST', url, body: BODY, timeoutMs: 10_000, signal });
  const runs: [string, () => Promise<unknown>, number[]][] = [
    ['bare undici request() + text()', bare, []],
    ['our call', ours, []],
    ['our call with an outer signal', withSignal, []],
  ];
  for (let round = 0; round < 4; round += 1) {
    for (const [, one, costs] of runs) costs.push(await cost(one));
  }
  for (const [name, , costs] of runs) {
    const [, ...warm] = costs;
    process.stdout.write(`${name}: ${warm.map((us) => us.toFixed(1)).join(', ')} us of CPU per call\n`);
  }
  await Promise.all([agent.close(), close()]);
  await permits();
}

/** A permit in hand, taken and given back; with Redis away, which takes the same path. */
async function permits(): Promise<void> {
  const limits = await openLimits({ redisUrl: 'redis://127.0.0.1:1' });
  const rules = { concurrency: 50, patienceMs: 1_000 };
  for (let round = 0; round < 3; round += 1) {
    const before = process.cpuUsage();
    for (let n = 0; n < 1_000_000; n += 1) {
      const given = limits.acquire('registry', rules);
      if ('release' in given) given.release('answered');
    }
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(`permit taken and released: ${((user + system) / 1_000_000).toFixed(2)} us of CPU\n`);
  }
  await limits.close();
}

async function cost(one: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  const lane = async (): Promise<void> => {
    for (let n = 0; n < CALLS / AT_ONCE; n += 1) await one();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}
