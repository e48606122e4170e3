import type { CallContext } from '../core/call-context.js';
import { AgentError, isAgentError } from '../core/errors.js';
import { unexpectedAnswerError } from '../iothub/connection-errors.js';
import type { HubDocument, HubPort } from '../iothub/ports.js';
import { isAnswerLost } from '../iothub/retry.js';
import { find } from '../iothub/documents.js';
import { type Device, isIdentityOf, readIdentity, twinOf } from './device-documents.js';
import { sayingEffect } from './lost-answers.js';
import { isSameIdentity } from './new-identity.js';

export interface DeviceToCreate {
  readonly deviceId: string;
  readonly identity: HubDocument;
  /** Checked; undefined for none. */
  readonly tags?: HubDocument | undefined;
}

/**
 * Creates a device once, however many attempts that takes, then sets its tags.
 * @throws AgentError `DeviceAlreadyExists`; the errors of the hub port, which say so if the device was created and only its
 * tags were not set.
 */
export async function createDevice(hub: HubPort, context: CallContext, device: DeviceToCreate): Promise<Device> {
  const identity = await createIdentity(hub, context, device).catch(
    sayingEffect({ effect: 'the device may have been created', onlyOnce: false }),
  );
  const { tags } = device;
  if (!tags || Object.keys(tags).length === 0) return { identity, tags: undefined };
  return { identity, tags: await setTags(hub, context, device.deviceId, tags) };
}

async function createIdentity(
  hub: HubPort,
  context: CallContext,
  { deviceId, identity }: DeviceToCreate,
): Promise<HubDocument> {
  let fault: AgentError;
  try {
    const document = await hub.devices('user').putIdentity(context, deviceId, { identity });
    if (isIdentityOf(document, deviceId)) return document;
    fault = unexpectedAnswerError(`something that is not the new device ${deviceId}`);
  } catch (error) {
    if (!isAgentError(error, 'DeviceAlreadyExists') || !isAnswerLost(error)) throw error;
    fault = error;
  }
  const existing = await readIdentity(hub, context, deviceId).catch((error: unknown) => {
    throw isAgentError(error, 'DeviceNotFound') ? fault : error;
  });
  if (isSameIdentity(existing, identity)) return existing;
  throw withoutLostAnswer(fault);
}

/** Another device has the id, which leaves nothing open. */
function withoutLostAnswer(error: AgentError): AgentError {
  if (error.code !== 'DeviceAlreadyExists') return error;
  return new AgentError(error.code, error.message, { cause: error, context: { ...error.context, answerLost: false } });
}

async function setTags(hub: HubPort, context: CallContext, deviceId: string, tags: HubDocument): Promise<unknown> {
  try {
    const update = { patch: { tags }, etag: '*' };
    return find(twinOf(await hub.devices('user').updateTwin(context, { deviceId }, update), { deviceId }), 'tags');
  } catch (error) {
    if (!isAgentError(error)) throw error;
    throw new AgentError(
      error.code,
      `The device ${deviceId} was created, but its tags could not be set; set them with UpdateDeviceTwin. ${error.message}`,
      { cause: error, context: error.context },
    );
  }
}
