import { etagOf, wireTime } from '../answers/wire-values.js';
import type { Endpoint } from './endpoint.js';
import { omitUndefined } from '../../../core/objects.js';

/** The ETag of an identity. */
export const identityEtag = (endpoint: Endpoint): string => etagOf(endpoint.record.identityVersion);

/** An identity as the registry returns it; a module has neither status nor capabilities. */
export function identityDocument(endpoint: Endpoint): Record<string, unknown> {
  const { record } = endpoint;
  const shared = {
    generationId: record.generationId,
    etag: identityEtag(endpoint),
    connectionState: endpoint.isConnected ? 'Connected' : 'Disconnected',
    connectionStateUpdatedTime: wireTime(endpoint.connectionChangedMs),
    lastActivityTime: wireTime(endpoint.lastActivityMs),
    cloudToDeviceMessageCount: 0,
    authentication: authenticationDocument(endpoint),
  };
  if (record.moduleId !== undefined) {
    return { moduleId: record.moduleId, managedBy: record.managedBy ?? '', deviceId: record.deviceId, ...shared };
  }
  return {
    deviceId: record.deviceId,
    ...shared,
    status: record.status,
    statusReason: record.statusReason ?? null,
    statusUpdatedTime: wireTime(record.statusUpdatedMs),
    capabilities: { iotEdge: record.isEdge },
    ...omitUndefined({ deviceScope: record.deviceScope, parentScopes: record.parentScopes }),
  };
}

function authenticationDocument({ record: { authentication } }: Endpoint): object {
  return {
    type: authentication.type,
    symmetricKey: authentication.symmetricKey ?? { primaryKey: null, secondaryKey: null },
    x509Thumbprint: thumbprints(authentication.thumbprints),
  };
}

/** Thumbprints under the names that identity and twin share. */
export const thumbprints = (given: { primary: string | undefined; secondary: string | undefined } | undefined) => ({
  primaryThumbprint: given?.primary ?? null,
  secondaryThumbprint: given?.secondary ?? null,
});
