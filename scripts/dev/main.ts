import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { watchLaunchers } from '@countersign/devservices';
import { banner } from './banner.ts';
import { hire } from './crew.ts';
import type { Member } from './crew.ts';
import { demoClient } from './demo-client.ts';
import { environmentOf, paceOf, providersIn, providersOfKinds, withoutEmpty } from './environment.ts';
import { lock } from './lock.ts';
import { recall, remember } from './memory.ts';
import type { Memory } from './memory.ts';
import { migrate } from './migrate.ts';
import { apiPort, stablePort, WrongSetting } from './ports.ts';
import { answers, settingsIn } from './probe.ts';
import { watchCode } from './reload.ts';
import { say } from './say.ts';
import { startServices } from './services.ts';

const EXIT_CONFIGURATION = 78;

type Stage = {
  root: string;
  dataDir: string;
  env: NodeJS.ProcessEnv;
  memory: Memory;
  crew: Member[];
  /** Run in reverse order at the end. */
  closers: (() => Promise<void> | void)[];
  /** Aborted when the end has begun; the reason is the exit code. */
  ending: AbortController;
};

/** `pnpm dev`: services, migrations, simulator, API, worker, demo client, banner, `ready`; then until Ctrl-C. */
export async function dev(root: string): Promise<void> {
  const dataDir = join(root, '.data');
  mkdirSync(dataDir, { recursive: true });
  const stage: Stage = {
    root,
    dataDir,
    env: withoutEmpty(process.env),
    memory: recall(dataDir),
    crew: [],
    closers: [],
    ending: new AbortController(),
  };
  listenForTheEnd(stage);
  try {
    stage.closers.push(lock(dataDir));
    await rise(stage);
    await over(stage.ending.signal);
  } catch (error) {
    // An abort is the end that was asked for; anything else is why it cannot start.
    if (!stage.ending.signal.aborted) {
      process.exitCode = error instanceof WrongSetting ? EXIT_CONFIGURATION : 1;
      console.error(`\n${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  await close(stage);
  process.exit();
}

async function rise(stage: Stage): Promise<void> {
  const { dataDir, memory, env, ending } = stage;
  const port = await apiPort(env['PORT'], memory, (text) => say('dev', text));
  const workerHealthPort = Number(env['WORKER_HEALTH_PORT'] ?? (await stablePort(memory, 'worker')));
  say('dev', 'starting Redis and PostgreSQL (the first start fetches what is missing)');
  const services = await startServices(dataDir, memory, env);
  stage.closers.push(() => services.stop());
  ending.signal.throwIfAborted();
  const simulatorUrl = env['SIMULATOR'] === 'off' ? undefined : await startSimulator(stage, port);
  const providers = simulatorUrl === undefined ? {} : await pointAt(simulatorUrl, ending.signal);
  const told = {
    given: env,
    apiPort: port,
    workerHealthPort,
    providers,
    adminKey: env['ADMIN_API_KEY'] ?? memory.adminKey,
    secretsKey: (memory.secretsKey ??= randomBytes(32).toString('base64')),
    ...services,
  };
  const environment = environmentOf(told);
  remember(dataDir, memory);
  await migrate(stage.root, environment, ending.signal);
  ending.signal.throwIfAborted();
  for (const name of ['api', 'worker']) enter(stage, name, environment);
  const apiUrl = `http://127.0.0.1:${port}`;
  await answers(`${apiUrl}/health/ready`, ending.signal);
  await answers(`http://127.0.0.1:${workerHealthPort}/health/ready`, ending.signal);
  memory.demo = await demoClient(apiUrl, { ...memory, adminKey: told.adminKey });
  Object.assign(memory, { url: apiUrl, simulatorUrl, settings: paceOf(environment) });
  remember(dataDir, memory);
  stage.closers.push(() => forgetAddresses(dataDir, memory));
  process.stdout.write(banner({ apiUrl, simulatorUrl, ...services, adminKey: told.adminKey, demo: memory.demo }));
  process.stdout.write(`ready ${apiUrl}\n`);
}

/** Nobody listens there any more: `pnpm demo` then says so, and does not try. */
function forgetAddresses(dataDir: string, memory: Memory): void {
  delete memory.url;
  delete memory.simulatorUrl;
  remember(dataDir, memory);
}

async function pointAt(simulatorUrl: string, signal: AbortSignal): Promise<Record<string, string>> {
  return providersIn(simulatorUrl, await settingsIn(simulatorUrl, signal), await providersOfKinds());
}

async function startSimulator(stage: Stage, productPort: number): Promise<string> {
  const port = Number(stage.env['SIMULATOR_PORT'] ?? (await stablePort(stage.memory, 'simulator')));
  const told = {
    SIMULATOR_PRODUCT_URL: stage.env['PUBLIC_URL'] ?? `http://127.0.0.1:${productPort}`,
    SIMULATOR_KEYS_DIR: join(stage.dataDir, 'simulator'),
  };
  enter(stage, 'simulator', { ...told, ...stage.env, HOST: '127.0.0.1', SIMULATOR_PORT: String(port) });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/_sim`, stage.ending.signal);
  return url;
}

function enter(stage: Stage, name: string, env: NodeJS.ProcessEnv): void {
  const { root, ending } = stage;
  const file = join(root, 'apps', name, 'src/main.ts');
  const member = hire({
    name,
    file,
    cwd: root,
    env,
    // It has said what is wrong with its environment; starting it again would say the same.
    isOver: (code) => {
      if (code === EXIT_CONFIGURATION) ending.abort(EXIT_CONFIGURATION);
      return code === EXIT_CONFIGURATION;
    },
  });
  stage.crew.push(member);
  stage.closers.push(
    watchCode(
      root,
      name,
      () => reload(name, member),
      (text) => say('dev', text),
    ),
  );
}

function reload(name: string, member: Member): void {
  say('dev', `${name}: its code changed, starting it again`);
  member.reload();
}

function over(signal: AbortSignal): Promise<void> {
  // Something must keep the process alive until then: services and guardian do not.
  const alive = setInterval(() => undefined, 60_000);
  return new Promise((resolve) => {
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

function listenForTheEnd({ ending, crew }: Stage): void {
  const end = (): void => {
    if (ending.signal.aborted) for (const member of crew) member.kill();
    else ending.abort(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  watchLaunchers(() => ending.abort(0));
}

async function close({ closers, crew, ending }: Stage): Promise<void> {
  if (ending.signal.reason === EXIT_CONFIGURATION) process.exitCode = EXIT_CONFIGURATION;
  await Promise.all(crew.map((member) => member.stop()));
  for (const closer of closers.reverse()) await closer();
}
