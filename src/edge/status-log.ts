import type { ConnectionStatus } from '../alwayson/session-types.js';
import type { Log } from '../core/log.js';

/** One log line for each change of the connection. */
export function logStatus(log: Log, status: ConnectionStatus): void {
  switch (status.type) {
    case 'connecting':
      return log.debug({ attempt: status.attempt }, 'connecting to ThingWorx');
    case 'authenticated':
      return log.debug({}, 'authenticated with ThingWorx');
    case 'bound':
      return log.info({ things: status.names, refused: status.refused }, 'bound to ThingWorx');
    case 'refused':
      if (status.what === 'auth')
        return log.error({ status: hex(status.code), reason: status.reason }, 'ThingWorx refused the application key');
      return log.error(
        { thing: status.name, status: hex(status.code), reason: status.reason },
        'ThingWorx refused to bind a Thing',
      );
    case 'lost':
      return log.warn({ cause: status.cause }, 'connection to ThingWorx lost');
    case 'closed':
      return log.info({}, 'connection to ThingWorx closed');
  }
}

const hex = (code: number): string => `0x${code.toString(16)}`;
