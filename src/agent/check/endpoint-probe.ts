import { lookup } from 'node:dns/promises';
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, type TLSSocket } from 'node:tls';
import { untilAborted } from '../../core/promises.js';
import { messageOf } from '../../core/errors.js';
import { type ConnectionRequest, proxiedConnection } from '../../core/proxied-connection.js';
import { omitUndefined } from '../../core/objects.js';

/** The target of a request of the check. */
export interface Endpoint {
  /** The name that is resolved and connected to. */
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** The name that the certificate must be issued for. */
  readonly serverName: string;
  readonly path: string;
  readonly ca?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly proxy?: string;
}

/** What the response of an endpoint reveals about it. */
export interface EndpointAnswer {
  readonly status: number;
  /** Its clock, if it sent a Date header. */
  readonly serverTimeMs?: number;
  /** When its certificate expires. */
  readonly certificateEndsMs?: number;
  /** For example TLSv1.3. */
  readonly protocol?: string;
}

/** Why an endpoint did not respond. */
export interface EndpointFault {
  readonly message: string;
  readonly remedy: string;
}

const TIMEOUT_MS = 10_000;

const LOOKUP_REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name service does not respond',
};

/** Resolves a name to its addresses; returns a fault if there are none or the name service does not respond. */
export async function resolveName(host: string): Promise<readonly string[] | EndpointFault> {
  if (isIP(host)) return [host];
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return (await untilAborted(signal, lookup(host, { all: true }))).map(({ address }) => address);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const reason = signal.aborted
      ? `no response within ${TIMEOUT_MS / 1000} s`
      : (LOOKUP_REASONS[code] ?? messageOf(error));
    const message = `the name ${host} cannot be resolved: ${reason}`;
    return { message, remedy: 'correct the name in the configuration, or the DNS settings of this machine' };
  }
}

export const isFault = (result: object): result is EndpointFault => 'remedy' in result;

/** Connects, checks the certificate and sends a request; any response counts as success. */
export function probeEndpoint(endpoint: Endpoint, timeoutMs = TIMEOUT_MS): Promise<EndpointAnswer | EndpointFault> {
  const { host, port, isSecure, serverName, path, ca, clientCertificate, clientKey, proxy } = endpoint;
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve) => {
    const send = isSecure ? secureRequest : plainRequest;
    const options: ConnectionRequest = {
      host,
      port,
      path,
      signal,
      connectSignal: { signal },
      headers: { host: serverName },
      ...(proxy === undefined ? { agent: false } : { createConnection: proxiedConnection({ proxy, isSecure }) }),
      ...(isSecure ? { servername: isIP(serverName) ? '' : serverName } : {}),
      checkServerIdentity: (_name, certificate) => checkServerIdentity(serverName, certificate),
      ...omitUndefined({ ca, cert: clientCertificate, key: clientKey }),
    };
    const request = send(options);
    request.on('error', (error: NodeJS.ErrnoException) => resolve(faultOf(error, signal, endpoint)));
    request.on('response', (response) => {
      resolve({
        status: response.statusCode ?? 0,
        ...timeOf(response.headers.date),
        ...(isSecure ? certificateOf(response.socket as TLSSocket) : {}),
      });
      response.destroy();
    });
    request.end();
  });
}

function timeOf(date: string | undefined): Pick<EndpointAnswer, 'serverTimeMs'> {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? {} : { serverTimeMs: time };
}

function certificateOf(socket: TLSSocket): Pick<EndpointAnswer, 'certificateEndsMs' | 'protocol'> {
  const ends = Date.parse(socket.getPeerCertificate().valid_to ?? '');
  const protocol = socket.getProtocol();
  return {
    ...(Number.isNaN(ends) ? {} : { certificateEndsMs: ends }),
    ...(protocol === null ? {} : { protocol }),
  };
}

const CERTIFICATE_CODES = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|ISSUER/;

function faultOf(error: NodeJS.ErrnoException, signal: AbortSignal, { host, port, proxy }: Endpoint): EndpointFault {
  const where = `${host}:${port}`;
  const way = proxy === undefined ? 'the firewall allows' : 'the firewall and the proxy allow';
  if (signal.aborted) {
    return {
      message: `${where} did not respond within ${TIMEOUT_MS / 1000} s`,
      remedy: `check that ${way} connections to ${where}`,
    };
  }
  const code = error.code ?? '';
  if (CERTIFICATE_CODES.test(code)) {
    const remedy = 'set caFile to the certificate of the authority that signed it, or correct the name';
    return { message: `the certificate of ${where} is not trusted: ${messageOf(error) || code}`, remedy };
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return tlsFault(where, error);
  const remedy = `check address and port, and that ${way} connections to ${where}`;
  return { message: `${where} cannot be reached: ${REASONS[code] ?? (messageOf(error) || code)}`, remedy };
}

/** What the error codes of the network mean. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there, or the connection was refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: 'it does not respond',
  EPIPE: 'the connection was closed',
};

/** The handshake failed before there was a certificate to check. */
function tlsFault(where: string, error: NodeJS.ErrnoException & { readonly reason?: string }): EndpointFault {
  const reason = error.reason ?? /:SSL routines:[^:]*:([^:]+):/.exec(messageOf(error))?.[1] ?? error.code ?? 'unknown';
  if (/alert/.test(reason))
    return {
      message: `${where} refused the TLS handshake (${reason})`,
      remedy: 'check that it accepts TLS 1.2 or 1.3, and whether it requires a client certificate',
    };
  return {
    message: `${where} does not respond with TLS (${reason})`,
    remedy: 'check that the port is the one for TLS (usually 443), and that nothing on the way answers in its place',
  };
}
