import { generateKeyPairSync } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ask } from './stage.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Starts the process and collects what it says. */
function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], ...env } });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said };
}

test('78 and every problem, each with its variable and what was given', async () => {
  const { child, said } = run({ PORT: 'http', SIMULATOR_PROFILE: 'wild', SIMULATOR_TIME_SCALE: '-1' });
  expect(await once(child, 'close')).toEqual([78, null]);
  expect(said()).toContain('PORT: given "http"; expected a port, 0 to 65535');
  expect(said()).toContain('SIMULATOR_PROFILE: given "wild"');
  expect(said()).toContain('"calm"|"original"|"rough"');
  expect(said()).toContain('SIMULATOR_TIME_SCALE: given "-1"');
});

test('starts, says where, answers, and ends on SIGTERM with 0', async () => {
  const { child, said } = run({ PORT: '1', SIMULATOR_PORT: '0', SIMULATOR_PROFILE: 'original', SIMULATOR_SEED: '42' });
  await once(child.stdout, 'data');
  expect(said()).toMatch(/^simulator http:\/\/127\.0\.0\.1:\d+ \(profile original, seed 42\)$/m);
  const url = /http:\S+/.exec(said())?.[0] ?? '';
  expect(await ask('GET', `${url}/_sim`)).toMatchObject({
    body: {
      parties: expect.arrayContaining(['registry', 'client', 'tax']),
      seed: '42',
      profile: 'original',
      magicAmounts: false,
    },
  });
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
});

test('a taken port: 1 and a sentence', async () => {
  const first = run({ SIMULATOR_PORT: '0' });
  await once(first.child.stdout, 'data');
  const port = /:(\d+) /.exec(first.said())?.[1] ?? '';
  const second = run({ SIMULATOR_PORT: port });
  expect(await once(second.child, 'close')).toEqual([1, null]);
  expect(second.said()).toContain(`cannot listen on 127.0.0.1:${port}`);
  first.child.kill('SIGTERM');
  await once(first.child, 'close');
});

test('signs with the key it is given, so that the product can be told the public one beforehand; shows no wrong one', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const line = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().replaceAll('\n', '\\n');
  const { child, said } = run({ SIMULATOR_PORT: '0', SIMULATOR_RAMPS_KEY: line });
  await once(child.stdout, 'data');
  const url = /http:\S+/.exec(said())?.[0] ?? '';
  for (const ramp of ['on-ramp', 'off-ramp']) {
    const pem = await (await fetch(`${url}/_sim/${ramp}/public-key`)).text();
    expect(pem).toBe(publicKey.export({ type: 'spki', format: 'pem' }));
  }
  child.kill('SIGTERM');
  await once(child, 'close');
  const wrong = run({ SIMULATOR_RAMPS_KEY: 'half-a-secret' });
  expect(await once(wrong.child, 'close')).toEqual([78, null]);
  expect(wrong.said()).toContain('SIMULATOR_RAMPS_KEY: given ***; expected an RSA private key as PEM');
});
