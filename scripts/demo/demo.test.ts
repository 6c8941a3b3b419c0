import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fateTable, startSimulator, type Simulator } from '../../apps/simulator/src/index.ts';
import { startFakeApi, type Ends } from './fake-api.ts';
import { eventLine, table } from './lines.ts';
import { filled, loadActs } from './scenario.ts';
import { settingLines } from './settings.ts';

const script = fileURLToPath(new URL('../demo.ts', import.meta.url));
const kinds = new URL('../../packages/kinds/src/', import.meta.url);
const asExpected: Ends = {
  '25.01': 'COMPLETED',
  '25.02': 'FAILED',
  '25.05': 'COMPLETED',
  '25.21': 'COMPLETED',
  '25.29': 'UNRESOLVED',
};

let town: Simulator;
beforeEach(async () => void (town = await startSimulator()));
afterEach(() => town.close());

/** Runs `pnpm demo` as a process. */
async function demo(env: Record<string, string>, ...words: string[]) {
  const given = { PATH: process.env['PATH'] ?? '', SIMULATOR_URL: town.url, ...env };
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...words], { env: given });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

describe('pnpm demo', () => {
  test('2: where nobody answers it says what to start', async () => {
    const env = { COUNTERSIGN_URL: 'http://127.0.0.1:9', COUNTERSIGN_KEY: 'k', COUNTERSIGN_WEBHOOK_SECRET: 'whsec_x' };
    const { code, said } = await demo({ ...env, SIMULATOR_URL: 'http://127.0.0.1:9' });
    expect(code).toBe(2);
    expect(said).toContain('Is `pnpm dev` running? Start it in another terminal');
  });

  test('0: every fate as a block with its timeline and its verified callback, and a table at the end', async () => {
    const api = await startFakeApi(asExpected);
    const { code, said } = await demo(api.env, 'transaction');
    api.close();
    expect(said).toMatch(/^transaction: 504 but kept {2}expected COMPLETED$/m);
    expect(said).toMatch(/^ +\+0\.150 s {2}attempt 1 at registry +200 done after 12 ms$/m);
    expect(said).toMatch(
      /^ +\+\d+\.\d{3} s {2}client received +transaction\.unresolved version 2, signature verified, answered 200$/m,
    );
    expect(said).toMatch(/^kind +fate +expected +actual +callback +took$/m);
    expect(said).toMatch(/^transaction +never answers +UNRESOLVED +UNRESOLVED +verified +0\.150 s +✓$/m);
    expect(said).toContain(
      'PROVIDER_REGISTRY_RETRY_DELAY_MS = 120000 (unless dev was told otherwise): between two tries',
    );
    // Not a terminal: no colours and nothing rewritten.
    expect(said).not.toContain('\u001b');
    expect(code).toBe(0);
  });
  test('1: an end that was not expected is marked, and only what was asked for is played', async () => {
    const api = await startFakeApi({ ...asExpected, '25.02': 'COMPLETED' });
    const { code, said } = await demo(api.env, 'transaction declined');
    api.close();
    expect(said).toMatch(/^transaction +declined +FAILED +COMPLETED +verified .* ✗$/m);
    expect(said).not.toContain('never answers');
    expect(code).toBe(1);
  });
  test('1: a callback whose signature is not ours is not as expected', async () => {
    const api = await startFakeApi(asExpected, `whsec_${Buffer.from('somebody else entirely').toString('base64')}`);
    const { code, said } = await demo(api.env, 'transaction settles at once');
    api.close();
    expect(said).toContain('signature NOT verified: No matching signature found');
    expect(said).toMatch(/COMPLETED +not verified .* ✗$/m);
    expect(code).toBe(1);
  });
  test('1: a submission the API refuses is a block with the answer, not a crash', async () => {
    const api = await startFakeApi(asExpected);
    const { code, said } = await demo({ ...api.env, COUNTERSIGN_KEY: 'wrong' }, 'transaction settles at once');
    api.close();
    expect(said).toMatch(/POST http:\S+ answered 401/);
    expect(code).toBe(1);
  });
  test('2: a word no demo holds names those there are', async () => {
    const { code, said } = await demo({ COUNTERSIGN_URL: 'http://127.0.0.1:9', COUNTERSIGN_KEY: 'k' }, 'no such fate');
    expect(said).toMatch(/^No demo holds "no such fate"; there are: .*settles at once, declined, /m);
    expect(code).toBe(2);
  });
});

test("every kind's demo is found, and the transactions' cents mean what their titles say", async () => {
  const acts = (await loadActs(kinds)).filter(({ kind }) => kind === 'transaction');
  const byAmount = new Map(fateTable().map(({ fate, amount }) => [amount?.slice(1), fate]));
  const amountOf = (body: unknown): string => String((body as { amount: string }).amount);
  expect(acts.map(({ title, body }) => [title, byAmount.get(amountOf(body).slice(-3))])).toEqual([
    ['settles at once', 'completed'],
    ['declined', 'declined'],
    ['webhook only', 'webhook-only'],
    ['504 but kept', '504-kept'],
    ['never answers', 'never-answers'],
  ]);
});

test('placeholders are filled however deep, other braces stay', () => {
  expect(
    filled({ a: ['{unique}-{x}'], b: { c: '{callbackUrl}', d: 1 } }, { unique: 'u', callbackUrl: 'http://c' }),
  ).toEqual({
    a: ['u-{x}'],
    b: { c: 'http://c', d: 1 },
  });
});

test('settings: what dev said wins over the default, each once', () => {
  const act = {
    title: 't',
    path: '/',
    body: '',
    expect: 'FAILED',
    waitsFor: 'PROVIDER_BANK_RETRIES, PROVIDER_BANK_RETRIES',
  } as const;
  expect(settingLines([act], { PROVIDER_BANK_RETRIES: '1' })).toEqual([
    'PROVIDER_BANK_RETRIES = 1: tries after the first',
  ]);
});

test('an event of a type nobody told the demo about is shown as it is', () => {
  const at = '2026-01-01T00:00:01.500Z';
  expect(eventLine({ at, type: 'moon', actor: 'ann', reason: 'full' }, '2026-01-01T00:00:00.000Z')).toMatch(
    /^ +\+1\.500 s {2}moon +by ann full$/,
  );
  expect(
    table([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
  ).toEqual(['a    bb', 'ccc  d']);
});
