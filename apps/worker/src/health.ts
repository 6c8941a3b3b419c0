import { createServer, type Server, type ServerResponse } from 'node:http';

/** A dependency as `/health/ready` shows it. */
export type Check = () => Promise<unknown>;

export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  /** By name; each must answer within 2 s. */
  readonly checks: Readonly<Record<string, Check>>;
  readonly metrics: () => Promise<string>;
  readonly metricsType: string;
}

const CHECK_WITHIN_MS = 2_000;

/** `GET /health/live`, `/health/ready`, `/metrics`: for orchestrators and Prometheus. Holds no identifiers. */
export async function openHealth(options: HealthOptions): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((request, response) => {
    answer(request.url ?? '', request.method ?? '', response, options).catch(() => response.destroy());
  });
  const port = await listening(server, options);
  return {
    port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(url: string, method: string, response: ServerResponse, options: HealthOptions): Promise<void> {
  const path = url.split('?', 1)[0];
  if (method !== 'GET') return send(response, 405, { status: 'method not allowed' }, { allow: 'GET' });
  if (path === '/health/live') return send(response, 200, { status: 'ok' });
  if (path === '/health/ready') {
    const dependencies = await checkAll(options.checks);
    const ready = Object.values(dependencies).every(({ status }) => status === 'ok');
    return send(response, ready ? 200 : 503, { status: ready ? 'ok' : 'unavailable', dependencies });
  }
  if (path === '/metrics') {
    response.writeHead(200, { 'content-type': options.metricsType }).end(await options.metrics());
    return;
  }
  send(response, 404, { status: 'not found', paths: ['/health/live', '/health/ready', '/metrics'] });
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(`${JSON.stringify(body)}\n`);
}

type Finding = { readonly status: 'ok' | 'unavailable'; readonly durationMs: number; readonly detail?: string };

async function checkAll(checks: HealthOptions['checks']): Promise<Record<string, Finding>> {
  const findings = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await checkOne(check)] as const),
  );
  return Object.fromEntries(findings);
}

async function checkOne(check: Check): Promise<Finding> {
  const startedMs = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedMs);
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise(
      (_, reject) =>
        (timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_WITHIN_MS} ms`)), CHECK_WITHIN_MS)),
    );
    await Promise.race([check(), late]);
    return { status: 'ok', durationMs: durationMs() };
  } catch (error) {
    const detail = error instanceof Error ? error.message.split('\n', 1)[0] : undefined;
    return { status: 'unavailable', durationMs: durationMs(), ...(detail === undefined ? {} : { detail }) };
  } finally {
    clearTimeout(timer);
  }
}

async function listening(server: Server, { host, port }: HealthOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}
