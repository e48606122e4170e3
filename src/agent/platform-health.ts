import type { ConnectionStatus } from '../alwayson/session-types.js';
import type { Health } from './ops/health.js';

/** Notes in `health` how the connection to ThingWorx is. */
export function notePlatform(health: Health, status: ConnectionStatus): void {
  switch (status.type) {
    case 'bound':
      return noteBound(health, status.names, status.refused);
    case 'refused':
      if (status.what === 'auth') health.set('platform', 'failing', `application key refused: ${status.reason}`);
      return;
    case 'lost':
      return health.set('platform', 'failing', status.cause);
    case 'connecting':
    case 'authenticated':
    case 'closed':
      return;
  }
}

function noteBound(health: Health, names: readonly string[], refused: readonly string[]): void {
  if (refused.length === 0) return health.set('platform', 'ok', `bound: ${names.join(', ')}`);
  const status = names.length === 0 ? 'failing' : 'degraded';
  return health.set('platform', status, `ThingWorx refuses to bind ${refused.join(', ')}`);
}
