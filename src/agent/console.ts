import { join } from 'node:path';
import { isIP } from 'node:net';
import type { Hono } from 'hono';
import { HUB_SERVICES } from '../catalogue/hub-services.js';
import type { AgentView } from '../console/agent-view.js';
import type { RequestEnvironment } from '../console/request.js';
import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { AgentConfig } from './config/agent-config.js';
import { packageVersion } from './version.js';

/** Where `npm run build` puts the page; the same from `src` and from `dist`. */
const PAGE_FOLDER = join(__dirname, '..', '..', 'dist', 'console', 'page');

export interface OpenConsoleOptions {
  readonly config: () => AgentConfig;
  readonly view: AgentView;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

/**
 * Makes the console; undefined if it is switched off. Without a key it would show everything to everyone, so it is then
 * served to this machine only.
 */
export async function openConsole(options: OpenConsoleOptions): Promise<Hono<RequestEnvironment> | undefined> {
  const { config, view, ...observed } = options;
  const { admin, console: settings } = config();
  const { enabled, key, publicUrl } = settings;
  if (!enabled) return undefined;
  if (key === undefined && !isLoopback(admin.host)) {
    observed.log.warn(
      { host: admin.host },
      'the console is off, because it has no key and admin.host is not a loopback address: set console.key or console.keyFile to switch it on, or console.enabled: false to silence this warning',
    );
    return undefined;
  }
  const { createConsole } = await import('../console/console.js');
  return await createConsole({
    ...observed,
    key: () => config().console.key,
    publicUrl,
    version: packageVersion(),
    pageFolder: PAGE_FOLDER,
    agent: view,
    isAllowed: (service) => isAllowed(config(), service),
    timeoutMs: () => config().services.timeoutSeconds * 1000,
  });
}

/** Whether `console.allow` has a service; of a hub service, either of its names means both. */
function isAllowed({ console: { allow } }: AgentConfig, service: string): boolean {
  return HUB_SERVICES.isOn(service, { allow });
}

function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host.toLowerCase() === 'localhost';
}
