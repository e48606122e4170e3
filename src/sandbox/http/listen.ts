import type { Server } from 'node:net';
import { AgentError, messageOf } from '../../core/errors.js';

/**
 * Starts to listen and returns the port in use, which differs from `port` if that is 0.
 * @throws AgentError `PortInUse` with the port, `Unreachable` for an address that does not belong to this machine.
 */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening);
      reject(listenError(error, port, host));
    };
    const onListening = (): void => {
      server.off('error', onError);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen({ port, host });
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): AgentError {
  if (error.code === 'EADDRINUSE') {
    return new AgentError('PortInUse', `port ${port} on ${host} is in use; choose another one, or 0 for a free one`, {
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    return new AgentError('PortInUse', `this user may not listen on port ${port}; choose a port above 1023`, {
      cause: error,
    });
  }
  return new AgentError('Unreachable', `cannot listen on ${host} port ${port}: ${messageOf(error)}`, { cause: error });
}
