/** How the connection to a database is encrypted and its server verified. */
export type SslMode = 'disable' | 'verify-ca' | 'verify-full';

/** The parts of the URL of a PostgreSQL database. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Empty if the URL has none. Secret. */
  readonly password: string;
  readonly database: string;
  readonly sslMode: SslMode;
}

const DEFAULT_PORT = 5432;
const SSL_MODES: readonly string[] = ['disable', 'verify-ca', 'verify-full'] satisfies SslMode[];

/** Reads the URL of a database, or returns what is wrong with it, without repeating it. */
export function readDatabaseUrl(text: string): DatabaseAddress | { readonly fault: string } {
  if (!/^postgres(?:ql)?:\/\//.test(text) || !URL.canParse(text))
    return { fault: 'is not a URL of the form postgres://user:password@host:port/database' };
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const user = decoded(url.username);
  const password = decoded(url.password);
  const database = decoded(url.pathname.replace(/^\//, ''));
  if (user === undefined || password === undefined || database === undefined)
    return { fault: 'has a % that does not begin an escape; write %25 for the character itself' };
  if (host === '') return { fault: 'has no host' };
  if (user === '') return { fault: 'has no user' };
  if (database === '' || database.includes('/')) return { fault: 'has no database: write its name after the host' };
  if (url.hash !== '') return { fault: 'has a #; write %23 for the character itself' };
  const sslMode = sslModeOf(url, host);
  if (typeof sslMode !== 'string') return sslMode;
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port), user, password, database, sslMode };
}

function sslModeOf({ searchParams }: URL, host: string): SslMode | { readonly fault: string } {
  const other = [...searchParams.keys()].find((key) => key !== 'sslmode');
  if (other !== undefined) return { fault: 'has a parameter other than sslmode' };
  const given = searchParams.get('sslmode');
  if (given === null) return isLoopback(host) ? 'disable' : 'verify-full';
  if (!SSL_MODES.includes(given)) return { fault: `has another sslmode than ${SSL_MODES.join(', ')}` };
  return given as SslMode;
}

/** Whether a connection to this host stays on the machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** The database as people may see it: without the password. */
export function placeOf({ host, port, database }: DatabaseAddress): string {
  return `PostgreSQL ${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
