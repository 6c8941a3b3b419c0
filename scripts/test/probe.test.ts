import { createServer, type Server } from 'node:http';
import { freePort } from '@countersign/devservices';
import { until } from '@countersign/testkit';
import { afterEach, expect, test } from 'vitest';
import { settingsIn } from '../dev/probe.ts';

let server: Server | undefined;
afterEach(async () => {
  await new Promise((done) => (server ? server.close(done) : done(undefined)));
  server = undefined;
});

async function simulator(port: number, answer: () => { status: number; body: unknown }): Promise<() => number> {
  let asked = 0;
  server = createServer((_request, response) => {
    asked += 1;
    const { status, body } = answer();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server?.listen(port, '127.0.0.1', listening));
  return () => asked;
}

test('a simulator that is restarted while it is asked is asked again', async () => {
  const port = await freePort();
  const settings = settingsIn(`http://127.0.0.1:${port}`, new AbortController().signal);
  let isUp = false;
  const asked = await simulator(port, () =>
    isUp ? { status: 200, body: { settings: { tax: { API_KEY: 'k' } } } } : { status: 503, body: {} },
  );
  await until(() => asked() > 1, { label: 'it was asked while it is not up yet' });
  isUp = true;
  expect(await settings).toEqual({ tax: { API_KEY: 'k' } });
});

test('one that never comes up is named, and Ctrl-C ends the waiting at once', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  await expect(settingsIn(url, new AbortController().signal, 100)).rejects.toThrow(
    `The simulator at ${url} gave no settings within 0.1 s`,
  );
  const ending = new AbortController();
  const waiting = settingsIn(url, ending.signal);
  ending.abort(new Error('the end'));
  await expect(waiting).rejects.toThrow('the end');
});
