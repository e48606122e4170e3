/** Identities and twins as the hub sends them. */
import { type CallContext, sideBySide } from '../core/call-context.js';
import { isPlainObject, omitUndefined } from '../core/objects.js';
import type { NativeRow } from '../edge/definitions.js';
import { isTooDeep } from '../alwayson/values.js';
import { unexpectedAnswerError } from '../iothub/connection-errors.js';
import type { DeviceAddress } from '../iothub/device-ports.js';
import { dateOf, find, integerOf, textOf } from '../iothub/documents.js';
import type { HubDocument, HubPort } from '../iothub/ports.js';
import { AZURE_IOT_DEVICE } from './data-shapes.js';

/** An identity, and the tags of the twin that belongs to it. */
export interface Device {
  readonly identity: HubDocument;
  readonly tags: unknown;
}

/** Whether a document is the identity of this device; a gateway may respond with a body of its own. */
export function isIdentityOf(document: HubDocument, deviceId: string): boolean {
  return find(document, 'deviceId') === deviceId;
}

/** Returns the identity, with its keys. @throws AgentError as the port; `HubUnavailable` for any other document. */
export async function readIdentity(hub: HubPort, context: CallContext, deviceId: string): Promise<HubDocument> {
  const identity = await hub.devices('user').getIdentity(context, deviceId);
  if (isIdentityOf(identity, deviceId)) return identity;
  throw unexpectedAnswerError(`a JSON object that is not the device ${deviceId}`);
}

/** Reads identity and tags of a device, which the hub returns separately. @throws AgentError as `readIdentity`. */
export async function readDevice(hub: HubPort, context: CallContext, deviceId: string): Promise<Device> {
  const [identity, twin] = await sideBySide<[HubDocument, HubDocument]>(context, [
    (part) => readIdentity(hub, part, deviceId),
    async (part) => twinOf(await hub.devices('user').getTwin(part, { deviceId }), { deviceId }),
  ]);
  return { identity, tags: find(twin, 'tags') };
}

/**
 * Returns a document if it is the twin of the target.
 * @throws AgentError `HubUnavailable` for another one, or for one that is nested too deeply for a result.
 */
export function twinOf(document: HubDocument, { deviceId, moduleId }: DeviceAddress): HubDocument {
  const foundModule = find(document, 'moduleId');
  const isTwin = find(document, 'deviceId') === deviceId && (foundModule === '' ? undefined : foundModule) === moduleId;
  const name = moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
  if (!isTwin) throw unexpectedAnswerError(`a JSON object that is not the twin of ${name}`);
  if (isTooDeep(document)) throw unexpectedAnswerError('a twin that is nested too deeply');
  return document;
}

/** Returns a row of `AzureIotDevice`, without the keys of the identity. */
export function deviceRow({ identity, tags }: Device): NativeRow {
  const row: Record<string, unknown> = {
    deviceId: textOf(find(identity, 'deviceId')),
    status: textOf(find(identity, 'status')),
    statusReason: textOf(find(identity, 'statusReason')),
    connectionState: textOf(find(identity, 'connectionState')),
    authenticationType: authenticationTypeOf(identity),
    lastActivityTime: dateOf(find(identity, 'lastActivityTime')),
    connectionStateUpdatedTime: dateOf(find(identity, 'connectionStateUpdatedTime')),
    statusUpdatedTime: dateOf(find(identity, 'statusUpdatedTime', 'statusUpdateTime')),
    cloudToDeviceMessageCount: integerOf(find(identity, 'cloudToDeviceMessageCount')),
    edgeDevice: isEdge(identity),
    etag: textOf(find(identity, 'etag')),
    generationId: textOf(find(identity, 'generationId')),
    tags: isPlainObject(tags) && Object.keys(tags).length > 0 && !isTooDeep(tags) ? tags : undefined,
  };
  return Object.fromEntries(AZURE_IOT_DEVICE.fields.flatMap(({ name }) => cellOf(name, row[name])));
}

const cellOf = (name: string, value: unknown): [string, unknown][] => (value === undefined ? [] : [[name, value]]);

export function authenticationOf(identity: HubDocument): HubDocument {
  const authentication = find(identity, 'authentication');
  return isPlainObject(authentication) ? authentication : {};
}

export function authenticationTypeOf(identity: HubDocument): string | undefined {
  return textOf(find(authenticationOf(identity), 'type'));
}

export function isEdge(identity: HubDocument): boolean {
  const capabilities = find(identity, 'capabilities');
  return isPlainObject(capabilities) && find(capabilities, 'iotEdge') === true;
}

/** The identity of a device that is to be created. */

export const AUTHENTICATIONS = ['sas', 'selfSigned', 'certificateAuthority'] as const;

export type Authentication = (typeof AUTHENTICATIONS)[number];

/** The parameters of a device that is to be created. Thumbprints are for `selfSigned` only. */
export interface NewDevice {
  readonly deviceId: string;
  readonly authentication?: Authentication | undefined;
  readonly primaryThumbprint?: string | undefined;
  readonly secondaryThumbprint?: string | undefined;
  readonly status?: string | undefined;
  readonly edgeDevice?: boolean | undefined;
}

/** Returns the identity to create. The hub generates keys that are empty [HUB A.7]. */
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

/** Whether an existing identity has the definition of `wanted`. Keys are not compared, since the hub generates them. */
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
