import type { Server, Socket } from 'node:net';

/** A way that goes over a tripwire. */
export interface Wire {
  /** To be used instead of the target's. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a server on a free port of this machine; closing it ends its connections. */
export async function listening(server: Server): Promise<{ port: number; close(): Promise<void> }> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the wire has no port');
  return {
    port: address.port,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
