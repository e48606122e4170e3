import type { KeyPair } from '../access/policies.js';
import type { EndpointId } from '../ports.js';
import type { Section } from './section.js';

export type AuthenticationType = 'sas' | 'selfSigned' | 'certificateAuthority' | 'none';

export interface Authentication {
  readonly type: AuthenticationType;
  readonly symmetricKey: KeyPair | undefined;
  readonly thumbprints: { readonly primary: string | undefined; readonly secondary: string | undefined } | undefined;
}

/** The part of an endpoint that survives a restart. Nested objects are never changed, only replaced. */
export interface EndpointRecord {
  readonly deviceId: string;
  /** Set for a module. */
  readonly moduleId?: string;
  /** The position in the order of registration, which listings and paging follow. Never reused. */
  readonly sequence: number;
  readonly generationId: string;
  /** The counter behind the ETag of the identity. */
  readonly identityVersion: number;
  readonly status: 'enabled' | 'disabled';
  readonly statusReason: string | undefined;
  readonly statusUpdatedMs: number | undefined;
  readonly authentication: Authentication;
  readonly isEdge: boolean;
  readonly deviceScope: string | undefined;
  readonly parentScopes: readonly string[] | undefined;
  /** Set for modules only. */
  readonly managedBy: string | undefined;
  /** Counts changes of tags and desired properties; the source of the twin's ETag and `version`. */
  readonly twinVersion: number;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly desired: Section;
  readonly reported: Section;
  readonly lastActivityMs: number | undefined;
}

/** A registered device or module: its stored record, and its state while the hub runs. */
export interface Endpoint {
  record: EndpointRecord;
  isConnected: boolean;
  connectionChangedMs: number | undefined;
  lastActivityMs: number | undefined;
  isDeleted: boolean;
}

export const endpointOf = (record: EndpointRecord): Endpoint => ({
  record,
  isConnected: false,
  connectionChangedMs: undefined,
  lastActivityMs: record.lastActivityMs,
  isDeleted: false,
});

export const endpointId = ({ deviceId, moduleId }: EndpointRecord): EndpointId =>
  moduleId === undefined ? { deviceId } : { deviceId, moduleId };

/**
 * One text for each device (`<device>`) and module (`<device>/<module>`), which is also its MQTT client id. No id
 * contains a
 * slash.
 */
export const endpointKey = ({ deviceId, moduleId }: EndpointId): string =>
  moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;

/** The device or module with an MQTT client id; undefined for a string that is not a client id. */
export function endpointOfClientId(clientId: string): EndpointId | undefined {
  const [deviceId, moduleId, ...more] = clientId.split('/');
  if (!deviceId || moduleId === '' || more.length > 0) return undefined;
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId };
}
