import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Certificates } from '../../../src/sandbox/certificates.js';
import { ensureCertificates } from '../../../src/sandbox/certificates.js';

/** Returns whether a TLS client that trusts only the CA accepts the server under `name`. */
async function handshake(made: Certificates, name: string): Promise<string> {
  const server = createServer({ cert: made.certPem, key: made.keyPem });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, servername: name, ca: made.caPem });
  const outcome = await new Promise<string>((resolve) => {
    socket.once('secureConnect', () => resolve('accepted'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  socket.destroy();
  server.close();
  await once(server, 'close');
  return outcome;
}

describe('ensureCertificates', () => {
  let directory: string;
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'twx-cert-')), 'tls');
  });
  afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

  test('creates a certificate that TLS clients accept for each given name and no other', async () => {
    const made = await ensureCertificates(undefined, ['hub.local']);
    const certificate = new X509Certificate(made.certPem);
    expect(certificate.subjectAltName).toContain('IP Address:127.0.0.1');
    expect(certificate.checkIP('::1')).toBeDefined();
    expect(await handshake(made, 'hub.local')).toBe('accepted');
    expect(await handshake(made, 'localhost')).toBe('accepted');
    expect(await handshake(made, 'other.local')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('identifies the issuer by key, as strict verifiers require', async () => {
    const made = await ensureCertificates(undefined, []);
    const { X509Certificate: Parsed } = await import('@peculiar/x509');
    const oids = new Parsed(made.certPem).extensions.map((extension) => extension.type);
    expect(oids).toContain('2.5.29.35');
  });

  test('stores everything in its directory, with keys readable by the owner only', async () => {
    const first = await ensureCertificates(directory, ['hub.local']);
    expect(await ensureCertificates(directory, ['hub.local'])).toEqual(first);
    for (const name of ['ca-key.pem', 'server-key.pem']) {
      expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
    }
  });

  test('issues a new server certificate for other names from the same CA', async () => {
    const first = await ensureCertificates(directory, ['hub.local']);
    const second = await ensureCertificates(directory, ['other.local']);
    expect(second.caPem).toBe(first.caPem);
    expect(second.certPem).not.toBe(first.certPem);
    expect(await handshake(second, 'other.local')).toBe('accepted');
  });

  test('issues a new server certificate if the stored one is damaged or about to expire', async () => {
    const first = await ensureCertificates(directory, []);
    await writeFile(join(directory, 'server.pem'), 'nonsense');
    const second = await ensureCertificates(directory, []);
    expect(second.certPem).not.toBe(first.certPem);
    const later = Date.now() + 800 * 24 * 60 * 60 * 1000;
    const clock = { nowMs: () => later, monotonicMs: () => 0, schedule: () => ({ cancel: () => undefined }) };
    const third = await ensureCertificates(directory, [], clock);
    expect(third.certPem).not.toBe(second.certPem);
    expect(third.caPem).toBe(first.caPem);
  });

  test('reports a directory that cannot be used', async () => {
    await writeFile(directory, 'a file');
    await expect(ensureCertificates(directory, [])).rejects.toMatchObject({ code: 'StateUnwritable' });
  });
});
