import { readConnectionString } from '../iothub/connection-string.js';
import type { AgentConfig, HubConfig } from './config/agent-config.js';

/** Every secret of a configuration, in each form in which it may appear in a string. */
export function secretsOf(config: Pick<AgentConfig, 'thingworx' | 'iothubs' | 'console'>): string[] {
  const consoleKey = config.console.key;
  return [
    ...(consoleKey === undefined ? [] : [consoleKey]),
    config.thingworx.appKey,
    ...config.iothubs.flatMap(secretsOfHub),
    ...proxyPasswords(config),
  ];
}

function secretsOfHub({ credentials }: HubConfig): string[] {
  if ('connectionString' in credentials) {
    const read = readConnectionString(credentials.connectionString);
    return read.ok ? [read.parts.key] : [credentials.connectionString];
  }
  if (!('sasToken' in credentials)) return [];
  const signature = /\bsig=([^&]+)/.exec(credentials.sasToken)?.[1];
  return signature === undefined ? [credentials.sasToken] : [signature, decoded(signature)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function proxyPasswords(config: Pick<AgentConfig, 'thingworx' | 'iothubs'>): string[] {
  const proxies = [config.thingworx.proxy, ...config.iothubs.map(({ proxy }) => proxy)];
  return proxies.flatMap(proxySecrets);
}

/** The password in the URL of a proxy, as it is written and decoded. */
export function proxySecrets(proxy: string | undefined): string[] {
  const password = proxy !== undefined && URL.canParse(proxy) ? new URL(proxy).password : '';
  return password === '' ? [] : [password, decoded(password)];
}
