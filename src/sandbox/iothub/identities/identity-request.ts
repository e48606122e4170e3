import { isPlainObject } from '../../../core/objects.js';
import { newKeyPair } from '../access/policies.js';
import { argumentInvalid } from '../answers/service-error.js';
import type { Authentication, AuthenticationType } from '../model/endpoint.js';

type Json = Readonly<Record<string, unknown>>;

const AUTHENTICATION_TYPES: readonly AuthenticationType[] = ['sas', 'selfSigned', 'certificateAuthority', 'none'];
const THUMBPRINT = /^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/u;
const MAX_REASON_CHARACTERS = 128;
const EDGE_SCOPE = /^ms-azure-iot-edge:\/\/[^\s]{1,256}$/u;

/** The members of an identity that a PUT or a bulk entry sets; the others are undefined. */
export interface IdentityRequest {
  readonly authentication: Authentication;
  readonly status: 'enabled' | 'disabled' | undefined;
  readonly statusReason: string | undefined;
  readonly isEdge: boolean | undefined;
  readonly deviceScope: string | undefined;
  readonly parentScopes: readonly string[] | undefined;
  readonly managedBy: string | undefined;
}

/**
 * Reads the members of an identity that may be set. Keys that are empty or missing are generated unless the identity
 * already has keys.
 * @throws ServiceError ArgumentInvalid
 */
export function readIdentityRequest(body: Json, known: Authentication | undefined): IdentityRequest {
  return {
    authentication: readAuthentication(body['authentication'], known),
    status: readStatus(body['status']),
    statusReason: readText('statusReason', body['statusReason']),
    isEdge: readCapabilities(body['capabilities']),
    deviceScope: readScope('deviceScope', body['deviceScope']),
    parentScopes: readScopes(body['parentScopes']),
    managedBy: readText('managedBy', body['managedBy']),
  };
}

function readAuthentication(given: unknown, known: Authentication | undefined): Authentication {
  if (given === undefined || given === null) return known ?? symmetric(undefined, undefined);
  if (!isPlainObject(given)) throw argumentInvalid('authentication must be a JSON object.');
  const thumbprints = readThumbprints(given['x509Thumbprint']);
  switch (readType(given['type'], thumbprints !== undefined)) {
    case 'sas':
      return symmetric(given['symmetricKey'], known);
    case 'selfSigned':
      if (!thumbprints) throw argumentInvalid('authentication.x509Thumbprint is required for selfSigned.');
      return { type: 'selfSigned', symmetricKey: undefined, thumbprints };
    case 'certificateAuthority':
      return { type: 'certificateAuthority', symmetricKey: undefined, thumbprints: undefined };
    case 'none':
      return { type: 'none', symmetricKey: undefined, thumbprints: undefined };
  }
}

function readType(given: unknown, hasThumbprints: boolean): AuthenticationType {
  if (given === undefined || given === null) return hasThumbprints ? 'selfSigned' : 'sas';
  const name = typeof given === 'string' ? given.toLowerCase() : '';
  const type = AUTHENTICATION_TYPES.find((known) => known.toLowerCase() === name);
  if (type === undefined) throw argumentInvalid('authentication.type must be sas, selfSigned or certificateAuthority.');
  return type;
}

function symmetric(given: unknown, known: Authentication | undefined): Authentication {
  const keys = isPlainObject(given) ? given : {};
  const fallback = known?.symmetricKey ?? newKeyPair();
  const symmetricKey = {
    primaryKey: readKey('primaryKey', keys['primaryKey']) ?? fallback.primaryKey,
    secondaryKey: readKey('secondaryKey', keys['secondaryKey']) ?? fallback.secondaryKey,
  };
  return { type: 'sas', symmetricKey, thumbprints: undefined };
}

/** A key is base64 of 16 to 64 bytes. The error text must not contain the key. */
function readKey(name: string, given: unknown): string | undefined {
  if (given === undefined || given === null || given === '') return undefined;
  if (typeof given === 'string' && /^[A-Za-z0-9+/]+={0,2}$/u.test(given) && given.length % 4 === 0) {
    const bytes = Buffer.from(given, 'base64').length;
    if (bytes >= 16 && bytes <= 64) return given;
  }
  throw argumentInvalid(`authentication.symmetricKey.${name} must be 16 to 64 bytes in base64.`);
}

function readThumbprints(given: unknown): Authentication['thumbprints'] {
  if (!isPlainObject(given)) return undefined;
  const primary = readThumbprint(given['primaryThumbprint']);
  const secondary = readThumbprint(given['secondaryThumbprint']);
  return primary === undefined && secondary === undefined ? undefined : { primary, secondary };
}

function readThumbprint(given: unknown): string | undefined {
  if (given === undefined || given === null || given === '') return undefined;
  if (typeof given === 'string' && THUMBPRINT.test(given)) return given.toUpperCase();
  throw argumentInvalid('A thumbprint must be a SHA-1 or SHA-256 hash: 40 or 64 hexadecimal digits.');
}

function readStatus(given: unknown): 'enabled' | 'disabled' | undefined {
  if (given === undefined || given === null) return undefined;
  const status = typeof given === 'string' ? given.toLowerCase() : '';
  if (status === 'enabled' || status === 'disabled') return status;
  throw argumentInvalid('status must be enabled or disabled.');
}

function readText(name: string, given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'string' && given.length <= MAX_REASON_CHARACTERS) return given;
  throw argumentInvalid(`${name} must be a string of at most ${MAX_REASON_CHARACTERS} characters.`);
}

function readCapabilities(given: unknown): boolean | undefined {
  if (given === undefined || given === null) return undefined;
  if (!isPlainObject(given)) throw argumentInvalid('capabilities must be a JSON object.');
  return given['iotEdge'] === true;
}

function readScope(name: string, given: unknown): string | undefined {
  if (given === undefined || given === null || given === '') return undefined;
  if (typeof given === 'string' && EDGE_SCOPE.test(given)) return given;
  throw argumentInvalid(`${name} must be the scope of an edge device, ms-azure-iot-edge://...`);
}

function readScopes(given: unknown): readonly string[] | undefined {
  if (given === undefined || given === null) return undefined;
  if (!Array.isArray(given) || given.length > 1)
    throw argumentInvalid('parentScopes must be a list of at most one scope.');
  const scopes = given.map((scope) => readScope('parentScopes', scope));
  return scopes.filter((scope) => scope !== undefined);
}
