import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy before a PostgreSQL server that cuts connections at a COMMIT. */
export interface CommitCutter {
  readonly port: number;
  /** How many connections it has cut. */
  readonly cuts: number;
  /** Cuts the connection at the next COMMIT: before the server gets it, or before the client gets its answer. */
  cutNext(at: 'request' | 'answer'): void;
  /** Delivers answers late from now on. */
  slowDown(byMs: number): void;
  close(): Promise<void>;
}

/** The text of the request, which the driver sends as a simple query or as a parsed statement. */
const COMMIT = Buffer.from('COMMIT\0');

export async function startCommitCutter(targetPort: number): Promise<CommitCutter> {
  const sockets = new Set<Socket>();
  let next: 'request' | 'answer' | undefined;
  let cuts = 0;
  let delayMs = 0;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    let isMute = false;
    const cut = (): void => {
      cuts += 1;
      client.destroy();
      target.destroy();
    };
    client.on('data', (data) => {
      const how = data.includes(COMMIT) ? next : undefined;
      if (how !== undefined) next = undefined;
      if (how === 'request') return cut();
      isMute = how === 'answer';
      target.write(data);
    });
    target.on('data', (data) => {
      if (isMute) return cut();
      if (delayMs === 0) return void client.write(data);
      setTimeout(() => client.write(data), delayMs);
    });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts;
    },
    cutNext(at) {
      next = at;
    },
    slowDown(byMs) {
      delayMs = byMs;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
