import { isAlive, send } from '@countersign/devservices';
import { until } from '@countersign/testkit';
import type { Member } from './member.ts';
import type { Stage } from './stage.ts';
import type { Store } from './stores.ts';

/** The processes a fault can hit, by name; a sandbox is a child of a worker. */
export function processTargets(stage: Stage): string[] {
  const stores = [...(stage.redis ? ['redis'] : []), ...(stage.postgres ? ['postgres'] : [])];
  return ['api-1', 'api-2', 'worker-1', 'worker-2', 'sandbox', ...stores];
}

/** undefined: it is no store of ours. */
export function storeNamed(stage: Stage, name: string): Store | undefined {
  return name === 'redis' ? stage.redis : name === 'postgres' ? stage.postgres : undefined;
}

export function memberNamed(stage: Stage, name: string): Member {
  const found = [...stage.apis, ...stage.workers].find((one) => one.name === name);
  if (!found) throw new Error(`there is no process ${name}`);
  return found;
}

/** Children of a worker that has some; WORKER_SANDBOX=none has none. */
export function sandboxes(stage: Stage): number[] {
  return stage.workers.flatMap((worker) => worker.children());
}

/** Waits until a member runs under a new process id and answers its liveness check. */
export async function backAgain(stage: Stage, name: string, before: number): Promise<void> {
  const member = memberNamed(stage, name);
  const url =
    [...stage.apis.map((api) => [api.name, api.url]), ...stage.workers.map((one) => [one.name, one.healthUrl])].find(
      ([of]) => of === name,
    )?.[1] ?? '';
  await until(async () => member.pid() !== before && isAlive(member.pid()) && (await fetch(`${url}/health/live`)).ok, {
    timeoutMs: 20_000,
    label: `${name} to be back`,
  });
}

export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) send(pid, signal);
}
