/** Changes of devices, which must not have a second effect if a response is lost. */
import { AgentError, isAgentError } from '../core/errors.js';
import { isAnswerLost } from '../iothub/retry.js';
import type { CallContext } from '../core/call-context.js';
import { unexpectedAnswerError } from '../iothub/connection-errors.js';
import type { HubDocument, HubPort } from '../iothub/ports.js';
import { find } from '../iothub/documents.js';
import { type Device, isIdentityOf, isSameIdentity, readIdentity, twinOf } from './device-documents.js';

export interface LostAnswerOptions {
  /** What the hub may have done although the call failed: `the method may have run`. */
  readonly effect: string;
  /** Whether the port does not repeat the call, so that a broken connection ends it. */
  readonly onlyOnce: boolean;
}

/**
 * Returns a handler that adds the possible effect to the error of a call whose outcome is unknown, and throws every other
 * error unchanged. A connection that broke before the response arrived is `HubTimeout` if the call is not repeated.
 */
export function addPossibleEffect({ effect, onlyOnce }: LostAnswerOptions): (error: unknown) => never {
  return (error) => {
    if (!isAgentError(error) || !isAnswerLost(error)) throw error;
    const isBroken = onlyOnce && error.context['network'] !== undefined;
    const code = isBroken ? 'HubTimeout' : error.code;
    throw new AgentError(
      code,
      `${sentenceOf(error, isBroken)} Check the device before you repeat the call: ${effect}.`,
      {
        cause: error,
        context: { ...error.context, answerLost: true },
      },
    );
  };
}

/** Replaces sentences of the port that ask to repeat the call, which may have a second effect here. */
function sentenceOf(error: AgentError, isBroken: boolean): string {
  if (isBroken) return 'The connection to the hub broke before its response arrived.';
  return error.code === 'HubTimeout' ? 'The hub did not answer before the deadline of the call.' : error.message;
}

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
    addPossibleEffect({ effect: 'the device may have been created', onlyOnce: false }),
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

/** Another device has the id, so it is certain that this one was not created. */
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

/**
 * Deletes a device on the condition that it has this etag; `*` for any.
 * @throws AgentError `DeviceNotFound`, `TwinConflict`; otherwise the errors of the hub port.
 */
export async function deleteDevice(hub: HubPort, context: CallContext, deviceId: string, etag: string): Promise<void> {
  try {
    if (await hub.devices('user').deleteIdentity(context, deviceId, etag)) return;
  } catch (error) {
    if (isAgentError(error, 'DeviceNotFound') && isAnswerLost(error)) return;
    return addPossibleEffect({ effect: 'the device may have been deleted', onlyOnce: false })(error);
  }
  await confirmDeleted(hub, context, deviceId);
}

/** The response may come from a gateway, so only reading the device shows whether it was deleted. */
async function confirmDeleted(hub: HubPort, context: CallContext, deviceId: string): Promise<void> {
  try {
    await readIdentity(hub, context, deviceId);
  } catch (error) {
    if (isAgentError(error, 'DeviceNotFound')) return;
    throw error;
  }
  throw unexpectedAnswerError('success to the deletion of a device that still exists');
}
