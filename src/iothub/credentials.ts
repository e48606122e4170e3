import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { untilAborted } from '../core/promises.js';
import type { Clock } from '../core/clock.js';
import { AgentError } from '../core/errors.js';
import { type ConnectionStringParts, readConnectionString, readSasToken } from './connection-string.js';

/** The credentials of the agent for a hub. */
export type HubCredentials =
  | { readonly connectionString: string }
  | { readonly sasToken: string }
  | { readonly hostName: string; readonly credential: 'default' | 'managedIdentity' };

/** Supplies the value of the Authorization header. */
export interface Authorizer {
  readonly hostName: string;
  authorization(): Promise<string> | string;
  /** Discards the current token, because the hub has refused it. */
  forget(): void;
}

/** The part of the interface of @azure/core-auth that is needed. */
export interface TokenCredential {
  getToken(scope: string, options: { readonly abortSignal: AbortSignal }): Promise<EntraToken | null>;
}

/** An Entra ID token and its expiry in milliseconds since 1970. */
export interface EntraToken {
  readonly token: string;
  readonly expiresOnTimestamp: number;
}

const TOKEN_LIFE_SECONDS = 3600;
const RENEW_BEFORE_MS = 10 * 60_000;
const TOKEN_REQUEST_MS = 30_000;
const ENTRA_SCOPE = 'https://iothubs.azure.net/.default';

/**
 * Returns an Authorizer for `credentials`; nothing is sent yet.
 * @param loadTokenCredential replaces @azure/identity.
 * @throws AgentError `ConfigurationInvalid` for an invalid connection string or token. Never repeats a key.
 */
export function createAuthorizer(
  credentials: HubCredentials,
  clock: Clock,
  loadTokenCredential: (kind: 'default' | 'managedIdentity') => TokenCredential = azureIdentity,
): Authorizer {
  if ('connectionString' in credentials)
    return keyAuthorizer(parseConnectionString(credentials.connectionString), clock);
  if ('sasToken' in credentials) return fixedAuthorizer(credentials.sasToken);
  return entraAuthorizer(credentials.hostName, () => loadTokenCredential(credentials.credential), clock);
}

/** The host name of the hub that credentials are for; undefined if they cannot be parsed. */
export function hostNameOf(credentials: HubCredentials): string | undefined {
  if ('hostName' in credentials) return credentials.hostName;
  const read =
    'sasToken' in credentials ? readSasToken(credentials.sasToken) : readConnectionString(credentials.connectionString);
  return read.ok ? read.parts.hostName : undefined;
}

/** Like `readConnectionString`. @throws AgentError `ConfigurationInvalid`, without repeating any of the text. */
export function parseConnectionString(text: string): ConnectionStringParts {
  const read = readConnectionString(text);
  if (!read.ok) throw new AgentError('ConfigurationInvalid', `The connection string of a hub ${read.fault}.`);
  return read.parts;
}

/** Signs a token for the whole hub. The resource is not encoded, as in the SDKs of Azure. */
export function signToken(parts: ConnectionStringParts, expirySeconds: number): string {
  const signature = createHmac('sha256', Buffer.from(parts.key, 'base64'))
    .update(`${parts.hostName}\n${expirySeconds}`)
    .digest('base64');
  const fields = `sr=${parts.hostName}&sig=${encodeURIComponent(signature)}&skn=${encodeURIComponent(parts.policy)}`;
  return `SharedAccessSignature ${fields}&se=${expirySeconds}`;
}

/** Signing each request costs a quarter of the request rate, so a token is reused and renewed before it expires. */
function keyAuthorizer(parts: ConnectionStringParts, clock: Clock): Authorizer {
  let token: string | undefined;
  let renewAtMs = 0;
  return {
    hostName: parts.hostName,
    authorization() {
      const nowMs = clock.nowMs();
      // After the clock was set back, the token would be from the future for the hub.
      const isFresh = nowMs < renewAtMs && nowMs > renewAtMs - TOKEN_LIFE_SECONDS * 1000;
      if (token === undefined || !isFresh) {
        token = signToken(parts, Math.ceil(nowMs / 1000) + TOKEN_LIFE_SECONDS);
        renewAtMs = nowMs + TOKEN_LIFE_SECONDS * 1000 - RENEW_BEFORE_MS;
      }
      return token;
    },
    forget() {
      token = undefined;
    },
  };
}

function fixedAuthorizer(sasToken: string): Authorizer {
  const read = readSasToken(sasToken);
  if (!read.ok) throw new AgentError('ConfigurationInvalid', `The sasToken of a hub ${read.fault}.`);
  const { hostName, token } = read.parts;
  return { hostName, authorization: () => token, forget: () => undefined };
}

function entraAuthorizer(hostName: string, load: () => TokenCredential, clock: Clock): Authorizer {
  let credential: TokenCredential | undefined;
  let cached: EntraToken | undefined;
  let pending: Promise<EntraToken> | undefined;
  const request = async (): Promise<EntraToken> => {
    credential ??= load();
    const timeout = new AbortController();
    const timer = clock.schedule(TOKEN_REQUEST_MS, () => timeout.abort(new Error('the token request timed out')));
    try {
      const work = credential.getToken(ENTRA_SCOPE, { abortSignal: timeout.signal });
      cached = (await untilAborted(timeout.signal, work)) ?? undefined;
    } finally {
      timer.cancel();
    }
    if (!cached) throw new Error('the credential returned no token');
    return cached;
  };
  return {
    hostName,
    // All calls share one request, so that requests to a token service that does not answer do not accumulate.
    async authorization() {
      if (cached && cached.expiresOnTimestamp - clock.nowMs() >= RENEW_BEFORE_MS) return `Bearer ${cached.token}`;
      pending ??= request().finally(() => (pending = undefined));
      return `Bearer ${(await pending).token}`;
    },
    forget() {
      cached = undefined;
    },
  };
}

/** @azure/identity is a dependency of the SDK, not of this package, so it is resolved from the SDK. */
function azureIdentity(kind: 'default' | 'managedIdentity'): TokenCredential {
  const requireOfSdk = createRequire(require.resolve('azure-iothub'));
  const identity = requireOfSdk('@azure/identity') as {
    DefaultAzureCredential: new () => TokenCredential;
    ManagedIdentityCredential: new () => TokenCredential;
  };
  return kind === 'default' ? new identity.DefaultAzureCredential() : new identity.ManagedIdentityCredential();
}
