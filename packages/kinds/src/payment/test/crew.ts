import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, type Child, type House } from '@countersign/testkit';

/** What Node compiles is kept for those who come after: about a hundred processes start in a test. */
const cache = mkdtempSync(join(tmpdir(), 'countersign-crew-'));
let filled: Promise<void> | undefined;

/** A house's worker. When it was killed itself (and not only a sandbox of its) it is started again, as an orchestrator would. */
export async function openCrew(house: House, workerEnv: Record<string, string>) {
  const env = { NODE_COMPILE_CACHE: cache, ...workerEnv };
  await (filled ??= fillCache(house, env));
  let closing = false;
  let started = 0;
  let working: Promise<Child>;
  const start = async (): Promise<Child> => {
    const worker = await house.startWorker(`worker-${(started += 1)}`, env);
    worker.process.once('exit', () => void (closing || (working = start())));
    return worker;
  };
  await (working = start());
  return {
    worker: () => working,
    started: () => started,
    /** What died has been started again: no sandbox is on its way up. */
    async isUp(): Promise<boolean> {
      const { text } = await ask('GET', `${(await working).health}/metrics`);
      const figures = new Map([...text.matchAll(SANDBOXES)].map(([, ward, figure, n]) => [`${ward} ${figure}`, n]));
      return WARDS.every((ward) => figures.get(`${ward} ready`) === figures.get(`${ward} processes`));
    },
    async close(): Promise<void> {
      closing = true;
      await working;
      await house.stop();
      rmSync(cache, { recursive: true, force: true });
    },
  };
}

/** Without sandboxes there are no such figures. */
const SANDBOXES = /^countersign_sandboxes\{ward="(\w+)",figure="(\w+)"\} (\d+)$/gm;
const WARDS = ['shared', 'first', 'small', 'alone'];

/** It is written down by who ends in order: the sandboxes of a worker that was killed, or a worker without any. */
async function fillCache(house: House, env: Record<string, string>): Promise<void> {
  const worker = await house.startWorker('worker-0', env);
  await (env['WORKER_SANDBOX'] === 'none' ? worker.stop() : worker.kill9());
}
