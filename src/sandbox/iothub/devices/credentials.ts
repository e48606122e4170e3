import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { DeviceDirectory, EndpointId } from '../ports.js';

type Verdict = ReturnType<DeviceDirectory['authenticate']>;

/** Asks the directory about a token, or (without one) about the certificate that came with the TLS connection. */
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

/** SHA-1 and SHA-256 of the peer's certificate, in hexadecimal capitals: the registry may hold either. */
function thumbprints(connection: Duplex | undefined): readonly string[] {
  if (!(connection instanceof TLSSocket)) return [];
  const { fingerprint, fingerprint256 } = connection.getPeerCertificate();
  return [fingerprint, fingerprint256].filter(Boolean).map((print) => print.replaceAll(':', '').toUpperCase());
}

/** When a SAS token ends, in milliseconds since 1970; `undefined` for what is no token. */
export function tokenExpiryMs(password: string): number | undefined {
  const found = /(?:^SharedAccessSignature |&)se=(\d{1,12})(?:&|$)/.exec(password);
  return found ? Number(found[1]) * 1000 : undefined;
}
