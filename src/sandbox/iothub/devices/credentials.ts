import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { DeviceDirectory, EndpointId } from '../ports.js';

type Verdict = ReturnType<DeviceDirectory['authenticate']>;

/** Authenticates a device by its token or, without one, by the client certificate of the TLS connection. */
export function checkCredentials(
  directory: DeviceDirectory,
  id: EndpointId,
  password: string,
  connection: Duplex | undefined,
): Verdict {
  if (password !== '') return directory.authenticate(id, { sasToken: password });
  let verdict: Verdict = { ok: false, reason: 'Neither a password nor a client certificate was given.' };
  for (const x509Thumbprint of thumbprints(connection)) {
    verdict = directory.authenticate(id, { x509Thumbprint });
    if (verdict.ok) return verdict;
  }
  return verdict;
}

/**
 * Returns SHA-1 and SHA-256 of the peer's certificate in upper-case hexadecimal, because the registry may contain either.
 */
function thumbprints(connection: Duplex | undefined): readonly string[] {
  if (!(connection instanceof TLSSocket)) return [];
  const { fingerprint, fingerprint256 } = connection.getPeerCertificate();
  return [fingerprint, fingerprint256].filter(Boolean).map((print) => print.replaceAll(':', '').toUpperCase());
}

/** Returns the expiry of a SAS token in milliseconds since 1970; undefined for any other text. */
export function tokenExpiryMs(password: string): number | undefined {
  const found = /(?:^SharedAccessSignature |&)se=(\d{1,12})(?:&|$)/.exec(password);
  return found ? Number(found[1]) * 1000 : undefined;
}

/** The parsed user name of a device's CONNECT: `<host>/<client id>/?api-version=...`. */
export interface DeviceUserName {
  /** The host as sent, with its port if there is one. */
  readonly host: string;
  /** Absent for old firmware: the service then accepts the connection but serves no twin requests. */
  readonly apiVersion?: string;
  /** The IoT Plug and Play model, if it announces one. */
  readonly modelId?: string;
}

const API_VERSION = /^\d{4}-\d{2}-\d{2}(?:-[a-z]+)?$/;

/**
 * Reads the user name of the client `clientId`; undefined if it belongs to another client or its api-version is not a
 * date.
 */
export function readUserName(userName: string, clientId: string): DeviceUserName | undefined {
  const slash = userName.indexOf('/');
  const host = userName.slice(0, Math.max(0, slash));
  const rest = userName.slice(slash + 1);
  if (host === '' || !`${rest}/`.startsWith(`${clientId}/`)) return undefined;
  // A device id may contain a question mark, so the query is found by the length of the client id.
  const query = new URLSearchParams(rest.slice(clientId.length + 1).replace(/^\?/, ''));
  const apiVersion = query.get('api-version');
  if (apiVersion !== null && !API_VERSION.test(apiVersion)) return undefined;
  const modelId = query.get('model-id');
  return { host, ...(apiVersion === null ? {} : { apiVersion }), ...(modelId === null ? {} : { modelId }) };
}
