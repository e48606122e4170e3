import type { CallContext } from '../core/call-context.js';
import { isAgentError } from '../core/errors.js';
import { unexpectedAnswerError } from '../iothub/connection-errors.js';
import type { HubPort } from '../iothub/ports.js';
import { isAnswerLost } from '../iothub/retry.js';
import { readIdentity } from './device-documents.js';
import { sayingEffect } from './lost-answers.js';

/**
 * Deletes a device on the condition that it has this etag; `*` for any.
 * @throws AgentError `DeviceNotFound`, `TwinConflict`; otherwise the errors of the hub port.
 */
export async function deleteDevice(hub: HubPort, context: CallContext, deviceId: string, etag: string): Promise<void> {
  try {
    if (await hub.devices('user').deleteIdentity(context, deviceId, etag)) return;
  } catch (error) {
    if (isAgentError(error, 'DeviceNotFound') && isAnswerLost(error)) return;
    return sayingEffect({ effect: 'the device may have been deleted', onlyOnce: false })(error);
  }
  await confirmDeleted(hub, context, deviceId);
}

/** The response may not come from the hub, so that only the device itself shows whether it was deleted. */
async function confirmDeleted(hub: HubPort, context: CallContext, deviceId: string): Promise<void> {
  try {
    await readIdentity(hub, context, deviceId);
  } catch (error) {
    if (isAgentError(error, 'DeviceNotFound')) return;
    throw error;
  }
  throw unexpectedAnswerError('success to the deletion of a device that still exists');
}
