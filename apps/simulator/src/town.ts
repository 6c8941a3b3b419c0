import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerJson, BadRequest } from './http.ts';
import { openParties, type PartyBooks, type PartyOptions } from './parties.ts';
import type { Call, Ground, Party, ProfileName, Recording } from './party.ts';
import { createTimers, type Timers } from './timers.ts';

/** How the town is built. Everything has a default. */
export interface SimulatorOptions extends PartyOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** The same seed gives the same draws in the same order of POSTs. Default '1'. */
  readonly seed?: string;
  /** Default `calm`. */
  readonly profile?: ProfileName;
  /** Default `full`. */
  readonly record?: Recording;
  /** Whether an amount's cents choose a fate. Default: in `calm` only, so that the other profiles' chances are exact. */
  readonly magicAmounts?: boolean;
  /** Every delay is multiplied by it. Default 1; 0.001 plays 120 s in 120 ms. */
  readonly timeScale?: number;
  /** How delays pass. Default: by the clock, times `timeScale`. */
  readonly timers?: Timers;
  /** Where Countersign listens, without a slash at the end: the ramps' and the bank's webhooks go to `/webhooks/...` there. */
  readonly productUrl?: string;
  /** A folder where key pairs and certificates are kept over restarts. Default: they end with the process. */
  readonly keysDir?: string;
}

/** A running town. */
export interface Simulator extends PartyBooks {
  /** Without a slash at the end; the registry is at `${url}/registry`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Forgets everything, as after a start; requests that hang go on hanging. */
  reset(): void;
  /** Nothing more happens by itself: no delay runs, no webhook is on its way. */
  isIdle(): boolean;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/** Starts every third party and the demo client on one port. Rejects when the port cannot be had. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, profile = 'calm' } = options;
  const timers = options.timers ?? createTimers(options.timeScale ?? 1);
  const ground: Ground = {
    seed: options.seed ?? '1',
    profile,
    record: options.record ?? 'full',
    magicAmounts: options.magicAmounts ?? profile === 'calm',
    timers,
    productUrl: options.productUrl ?? null,
    host,
    keysDir: options.keysDir ?? null,
  };
  const { everybody, books } = openParties(ground, options);
  const reset = (): void => resetAll(timers, everybody);
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    route(request, response, everybody, ground, reset);
  });
  const address = await listen(server, port, host);
  await Promise.all(Object.values(everybody).map((party) => party.open?.()));
  return {
    ...books,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    host,
    port: address.port,
    reset,
    isIdle: () => timers.isIdle(),
    async close() {
      timers.clear();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(Object.values(everybody).map((party) => party.close()));
    },
  };
}

function resetAll(timers: Timers, everybody: Record<string, Party>): void {
  timers.clear();
  for (const party of Object.values(everybody)) party.reset();
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // Listening on a TCP port: the address is never a string (a pipe) nor null (not listening).
      resolve(server.address() as AddressInfo);
    });
  });
}

/** `/<party>/...` to the party itself, `/_sim/<party>/...` to its books, `/_sim/reset` and `/_sim` to the town. */
function route(
  request: IncomingMessage,
  response: ServerResponse,
  everybody: Record<string, Party>,
  ground: Ground,
  reset: () => void,
): void {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const behind = path.startsWith('/_sim/');
  const start = behind ? 6 : 1;
  const slash = path.indexOf('/', start);
  const name = slash < 0 ? path.slice(start) : path.slice(start, slash);
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark));
  const call: Call = {
    request,
    response,
    method: request.method ?? 'GET',
    path: slash < 0 ? '/' : path.slice(slash),
    query,
  };
  const party = Object.hasOwn(everybody, name) ? everybody[name] : undefined;
  const fail = (error: unknown): void => refuse(response, error);
  try {
    if (party) Promise.resolve(behind ? party.control(call) : party.handle(call)).catch(fail);
    else answerTown(call, path, everybody, ground, reset);
  } catch (error) {
    fail(error);
  }
}

function answerTown(
  call: Call,
  path: string,
  everybody: Record<string, Party>,
  ground: Ground,
  reset: () => void,
): void {
  const names = Object.keys(everybody);
  if (call.method === 'POST' && path === '/_sim/reset') {
    reset();
    return answerJson(call.response, 200, { reset: names });
  }
  if (call.method === 'GET' && (path === '/_sim' || path === '/')) {
    const { seed, profile, record, magicAmounts } = ground;
    return answerJson(call.response, 200, {
      parties: names,
      seed,
      profile,
      record,
      magicAmounts,
      settings: settingsOf(everybody),
    });
  }
  const mounted = names.flatMap((name) => [`/${name}`, `/_sim/${name}`]);
  throw new BadRequest(`nobody lives at ${path}; here are ${mounted.join(', ')} and /_sim/reset`, [], 404);
}

/** By party, of those that are providers: what Countersign must be told beside the URL. */
function settingsOf(everybody: Record<string, Party>): Record<string, Record<string, string>> {
  const providers = Object.entries(everybody).filter(([, party]) => party.settings);
  return Object.fromEntries(providers.map(([name, party]) => [name, party.settings?.() ?? {}]));
}

function refuse(response: ServerResponse, error: unknown): void {
  if (error instanceof BadRequest) {
    return answerJson(response, error.status, { error: error.message, problems: error.problems });
  }
  // A fault of ours must be seen by who runs the simulator, and not be taken for one of the faults on demand.
  console.error(error);
  answerJson(response, 599, { error: 'the simulator itself is broken; see its output' });
}
