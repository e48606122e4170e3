import { messageOf } from '../../core/errors.js';

/** What a failure means for the work that met it. */
export type FailureKind =
  /** The database cannot be reached or does not work now. */
  | 'unavailable'
  /** The database works but does not let this role in, or not do what it must. */
  | 'refused'
  /** The transaction was rolled back because of another one, and can be repeated. */
  | 'collided';

interface DriverError {
  readonly code?: unknown;
  /** Only errors that the server reported have one. */
  readonly severity?: unknown;
}

/** The SQLSTATE of an error that the server reported; undefined for any other. */
export function sqlStateOf(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as DriverError;
  return typeof code === 'string' && typeof severity === 'string' ? code : undefined;
}

/** Serialization failure and deadlock. */
const COLLISIONS = new Set(['40001', '40P01']);
/** Wrong password or no such role, pg_hba.conf, no such database, missing rights, missing schema or table. */
const REFUSALS = new Set(['28P01', '28000', '3D000', '42501', '3F000', '42P01']);

export function failureKind(error: unknown): FailureKind {
  const state = sqlStateOf(error);
  if (state !== undefined && COLLISIONS.has(state)) return 'collided';
  return state !== undefined && REFUSALS.has(state) ? 'refused' : 'unavailable';
}

/**
 * Whether the connection works although this request failed. Refused logins (28, 3D), too many connections (53300), broken
 * connections (08), an idle transaction that took too long (25P0) and an operator who intervenes (57P) end it.
 */
export function isConnected(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && !/^(?:08|28|3D|53300|25P0|57P)/.test(state);
}

const SENTENCES: Readonly<Record<string, string>> = {
  '28P01': 'it refuses the user or the password; correct database.url',
  '28000': 'it refuses the user from this address; correct database.url, or pg_hba.conf of the server',
  '3D000': 'it has no such database; create the database or correct database.url',
  '53100': 'its disk is full; free space there',
  '53200': 'it is out of memory',
  '53300': 'it has too many connections; raise max_connections there or lower database.poolSize',
  '25006': 'it accepts no writes, as a standby server; name the primary server in database.url',
  '57P03': 'it is starting up or shutting down',
  '57014': 'it took too long',
  '55P03': 'a lock was not released in time',
};

const SYSTEM_SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at the address; start the server or correct database.url',
  ENOTFOUND: 'the host name is not known; correct database.url',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: 'the server did not answer in time',
  ECONNRESET: 'the connection broke',
};

/** Why a request failed, as the end of a sentence with a remedy where there is one. Contains no secret. */
export function reasonOf(error: unknown): string {
  const { code } = (error ?? {}) as DriverError;
  const known = typeof code === 'string' ? (SENTENCES[code] ?? SYSTEM_SENTENCES[code]) : undefined;
  if (known !== undefined) return known;
  const message = messageOf(error);
  if (/timeout|timed out/i.test(message)) return 'the server did not answer in time';
  if (/does not support SSL/i.test(message))
    return 'the server offers no TLS; switch TLS on there, or set sslmode=disable in database.url';
  if (/Connection terminated|connection error/i.test(message)) return 'the connection broke';
  return message === '' ? 'unknown error' : message;
}
