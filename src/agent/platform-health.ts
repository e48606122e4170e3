import type { ConnectionStatus } from '../alwayson/session-types.js';
import type { Health } from './ops/health.js';

/** Notes in `health` how the connection to ThingWorx is. */
export function notePlatform(health: Health, status: ConnectionStatus): void {
  switch (status.type) {
    case 'bound':
      return noteBound(health, status.names, status.refused);
    case 'refused':
      return noteRefused(health, status);
    case 'lost':
      return health.set('platform', 'failing', status.cause);
    case 'connecting':
    case 'authenticated':
    case 'closed':
      return;
  }
}

/** A Thing that is refused while others are bound is told with the end of the round. */
function noteRefused(health: Health, status: Extract<ConnectionStatus, { readonly type: 'refused' }>): void {
  if (status.what === 'auth') health.set('platform', 'failing', `application key refused: ${status.reason}`);
  else if (!['ok', 'degraded'].includes(health.statusOf('platform') ?? '')) {
    health.set('platform', 'failing', `ThingWorx refuses to bind ${status.name}: ${status.reason}`);
  }
}

function noteBound(health: Health, names: readonly string[], refused: readonly string[]): void {
  if (refused.length === 0) return health.set('platform', 'ok', `bound: ${names.join(', ')}`);
  const status = names.length === 0 ? 'failing' : 'degraded';
  return health.set('platform', status, `ThingWorx refuses to bind ${refused.join(', ')}`);
}
