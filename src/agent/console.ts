import { join } from 'node:path';
import { isIP } from 'node:net';
import type { Hono } from 'hono';
import type { RequestEnvironment } from '../console/request.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { AgentConfig } from './config/agent-config.js';
import { packageVersion } from './version.js';

/** Where `npm run build` puts the page; the same from `src` and from `dist`. */
const PAGE_FOLDER = join(__dirname, '..', '..', 'dist', 'console', 'page');

export interface OpenConsoleOptions {
  readonly config: AgentConfig;
  /** The key at the time of a request; that of `config` by default. */
  readonly currentKey?: () => string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Makes the console; undefined if it is switched off. Without a key it would show everything to everyone, so it is then
 * served to this machine only.
 */
export async function openConsole({
  config,
  currentKey,
  clock,
  log,
}: OpenConsoleOptions): Promise<Hono<RequestEnvironment> | undefined> {
  const { enabled, key, publicUrl } = config.console;
  if (!enabled) return undefined;
  if (key === undefined && !isLoopback(config.admin.host)) {
    log.warn(
      { host: config.admin.host },
      'the console is off, because it has no key and admin.host is not a loopback address: set console.key or console.keyFile to switch it on, or console.enabled: false to silence this warning',
    );
    return undefined;
  }
  const { createConsole } = await import('../console/console.js');
  return await createConsole({
    key: currentKey ?? key,
    publicUrl,
    version: packageVersion(),
    pageFolder: PAGE_FOLDER,
    clock,
    log,
  });
}

function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host.toLowerCase() === 'localhost';
}
