import { type RequestListener, createServer } from 'node:http';
import { type Server, type Socket, createServer as createTcpServer } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server on 127.0.0.1 that is gone, with its connections, when the test ends. */
export interface TestServer {
  readonly port: number;
  readonly url: string;
  readonly sockets: ReadonlySet<Socket>;
  /** Connections ever opened. */
  opened(): number;
  /** Bytes ever received. */
  received(): string;
  stop(): Promise<void>;
}

/** A real HTTP server. */
export function httpServer(listener: RequestListener): Promise<TestServer> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  return listening(server, () => undefined);
}

/** A server that speaks whatever `onSocket` says. */
export function tcpServer(onSocket: (socket: Socket, nth: number) => void): Promise<TestServer> {
  return listening(createTcpServer(), onSocket);
}

/** Puts `server` on a free port and under watch. */
export async function listening(server: Server, onSocket: (socket: Socket, nth: number) => void): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let opened = 0;
  let received = '';
  server.on('connection', (socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => (received += bytes.toString('latin1')));
    onSocket(socket, opened);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the test server has no port');
  const stop = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  onTestFinished(stop);
  const url = `http://127.0.0.1:${address.port}`;
  return { port: address.port, url, sockets, opened: () => opened, received: () => received, stop };
}
