import { readConnectionString } from '../iothub/connection-string.js';
import type { AgentConfig, HubConfig } from './config/agent-config.js';

/** Every secret of a configuration, in each form in which it may appear in a string. */
export function secretsOf(config: Pick<AgentConfig, 'thingworx' | 'iothubs' | 'console' | 'database'>): string[] {
  const consoleKey = config.console.key;
  return [
    ...(consoleKey === undefined ? [] : [consoleKey]),
    config.thingworx.appKey,
    ...config.iothubs.flatMap(secretsOfHub),
    ...proxyPasswords(config),
    ...urlSecrets(config.database?.url),
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
  return proxies.flatMap(urlSecrets);
}

/** The password in a URL, as it is written and decoded. */
export function urlSecrets(url: string | undefined): string[] {
  const password = url !== undefined && URL.canParse(url) ? new URL(url).password : '';
  return password === '' ? [] : [password, decoded(password)];
}
