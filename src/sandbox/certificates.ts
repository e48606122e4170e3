import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../core/clock.js';
import { systemClock } from '../core/clock.js';
import { AgentError, messageOf } from '../core/errors.js';
import { makeFolder } from '../core/write-files.js';

/** The key and certificate of a TLS server of the sandbox, and the CA that its clients must trust. */
export interface Certificates {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

interface KeyAndCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const CA_LIFE_MS = 3650 * DAY_MS;
/** The longest validity that Apple and others accept. */
const SERVER_LIFE_MS = 825 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** Clients whose clocks are slightly behind must not reject a new certificate. */
const BACKDATE_MS = DAY_MS;
const ALWAYS_NAMES = ['localhost', '127.0.0.1', '::1'];
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * The sandbox's own CA and a server certificate from it for `hostNames`, localhost and the loopback addresses.
 * With a directory both are kept there (`ca.pem`, `ca-key.pem`, `server.pem`, `server-key.pem`; keys with mode 0600):
 * the CA never changes; the server certificate is renewed when the names change or it is about to expire.
 *
 * @throws AgentError StateUnwritable when the directory cannot be read or written.
 */
export async function ensureCertificates(
  directory: string | undefined,
  hostNames: readonly string[],
  clock: Clock = systemClock,
): Promise<Certificates> {
  const names = [...new Set([...hostNames, ...ALWAYS_NAMES].map((name) => name.toLowerCase()))];
  const ca = (await load(directory, 'ca')) ?? (await save(directory, 'ca', await makeCa(clock)));
  const kept = await load(directory, 'server');
  const isGood = kept !== undefined && isServerFor(kept, ca, names, clock.nowMs());
  const server = isGood ? kept : await save(directory, 'server', await makeServer(ca, names, clock));
  return { caPem: ca.certPem, certPem: server.certPem, keyPem: server.keyPem };
}

function isServerFor(server: KeyAndCertificate, ca: KeyAndCertificate, names: readonly string[], nowMs: number) {
  try {
    const certificate = new X509Certificate(server.certPem);
    return (
      certificate.checkPrivateKey(createPrivateKey(server.keyPem)) &&
      certificate.verify(new X509Certificate(ca.certPem).publicKey) &&
      Date.parse(certificate.validTo) > nowMs + RENEW_BEFORE_MS &&
      names.every((name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined)
    );
  } catch {
    return false;
  }
}

async function makeCa(clock: Clock): Promise<KeyAndCertificate> {
  const x509 = await import('@peculiar/x509');
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: 'CN=twx-iothub sandbox CA',
    notBefore: new Date(clock.nowMs() - BACKDATE_MS),
    notAfter: new Date(clock.nowMs() + CA_LIFE_MS),
    signingAlgorithm: KEY_ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: certificate.toString('pem'), keyPem: await exportKey(keys) };
}

async function makeServer(ca: KeyAndCertificate, names: readonly string[], clock: Clock): Promise<KeyAndCertificate> {
  const x509 = await import('@peculiar/x509');
  const keys = await newKeys();
  const caCertificate = new x509.X509Certificate(ca.certPem);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: 'CN=twx-iothub sandbox',
    issuer: caCertificate.subject,
    notBefore: new Date(clock.nowMs() - BACKDATE_MS),
    notAfter: new Date(clock.nowMs() + SERVER_LIFE_MS),
    signingAlgorithm: KEY_ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await importKey(ca.keyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      // Strict verifiers (Python 3.13 and later) reject a certificate without it.
      await x509.AuthorityKeyIdentifierExtension.create(caCertificate),
    ],
  });
  return { certPem: certificate.toString('pem'), keyPem: await exportKey(keys) };
}

const newKeys = async (): Promise<webcrypto.CryptoKeyPair> =>
  (await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;

/** A positive number, as RFC 5280 section 4.1.2.2 requires. */
function newSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = 0x40 | ((bytes[0] as number) & 0x3f);
  return Buffer.from(bytes).toString('hex');
}

async function exportKey(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({
    format: 'pem',
    type: 'pkcs8',
  }) as string;
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, false, ['sign']);
}

async function load(directory: string | undefined, name: string): Promise<KeyAndCertificate | undefined> {
  if (directory === undefined) return undefined;
  try {
    const [certPem, keyPem] = await Promise.all([
      readFile(join(directory, `${name}.pem`), 'utf8'),
      readFile(join(directory, `${name}-key.pem`), 'utf8'),
    ]);
    return { certPem, keyPem };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(directory, error);
  }
}

async function save(directory: string | undefined, name: string, made: KeyAndCertificate): Promise<KeyAndCertificate> {
  if (directory === undefined) return made;
  try {
    await makeFolder(directory, 0o700);
    // The key is written first; otherwise a crash between the two would leave a certificate that seems complete.
    await writeFile(join(directory, `${name}-key.pem`), made.keyPem, { mode: 0o600 });
    await writeFile(join(directory, `${name}.pem`), made.certPem);
    return made;
  } catch (error) {
    throw unusable(directory, error);
  }
}

const unusable = (directory: string, cause: unknown): AgentError =>
  new AgentError('StateUnwritable', `The state directory ${directory} cannot be used: ${messageOf(cause)}.`, { cause });
