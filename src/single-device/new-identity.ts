/** The identity of a device that is to be created. */
import { omitUndefined } from '../core/objects.js';
import { find, textOf } from '../iothub/documents.js';
import type { HubDocument } from '../iothub/ports.js';
import { isPlainObject } from '../core/objects.js';
import { authenticationOf, authenticationTypeOf, isEdge } from './device-documents.js';

export const AUTHENTICATIONS = ['sas', 'selfSigned', 'certificateAuthority'] as const;

export type Authentication = (typeof AUTHENTICATIONS)[number];

export interface NewDevice {
  readonly deviceId: string;
  readonly authentication?: Authentication | undefined;
  readonly primaryThumbprint?: string | undefined;
  readonly secondaryThumbprint?: string | undefined;
  readonly status?: string | undefined;
  readonly edgeDevice?: boolean | undefined;
}

/** The document to put. Empty keys mean that the hub generates them [HUB A.7]. */
export function identityOf(device: NewDevice): HubDocument {
  const { deviceId, authentication: type = 'sas', primaryThumbprint, secondaryThumbprint } = device;
  return {
    deviceId,
    status: device.status ?? 'enabled',
    capabilities: { iotEdge: device.edgeDevice ?? false },
    authentication: {
      type,
      ...(type === 'sas' && { symmetricKey: { primaryKey: '', secondaryKey: '' } }),
      ...(type === 'selfSigned' && { x509Thumbprint: omitUndefined({ primaryThumbprint, secondaryThumbprint }) }),
    },
  };
}

/** Whether an identity is what another one asks for. Keys do not count: the hub has generated them. */
export function isSameIdentity(existing: HubDocument, wanted: HubDocument): boolean {
  return JSON.stringify(essence(existing)) === JSON.stringify(essence(wanted));
}

function essence(identity: HubDocument): unknown[] {
  const thumbprints = find(authenticationOf(identity), 'x509Thumbprint');
  const thumbprint = (name: string): string =>
    (isPlainObject(thumbprints) ? (textOf(find(thumbprints, name)) ?? '') : '').toUpperCase();
  return [
    authenticationTypeOf(identity) ?? 'sas',
    thumbprint('primaryThumbprint'),
    thumbprint('secondaryThumbprint'),
    textOf(find(identity, 'status')),
    isEdge(identity),
  ];
}
