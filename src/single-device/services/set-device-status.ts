import type { CallContext } from '../../core/call-context.js';
import { type AgentError, isAgentError } from '../../core/errors.js';
import { optional, required } from '../../jobs/parameters.js';
import { unexpectedAnswerError } from '../../iothub/connection-errors.js';
import { find, textOf } from '../../iothub/documents.js';
import type { HubDocument, HubPort } from '../../iothub/ports.js';
import { isAnswerLost } from '../../iothub/retry.js';
import { deviceRow, isIdentityOf, readDevice, readIdentity } from '../device-documents.js';
import { addPossibleEffect } from '../device-changes.js';
import { DEVICE_ID, STATUSES } from '../parameters.js';
import { defineDeviceService, ONE_DEVICE } from './device-service.js';

const MAX_REASON_CHARACTERS = 128;

export const setDeviceStatusService = defineDeviceService({
  name: 'SetDeviceStatus',
  description: 'Enables or disables a device and returns its identity; a disabled device cannot connect',
  needs: ['registry write', 'registry read', 'service connect'],
  isManagement: true,
  parameters: {
    deviceId: DEVICE_ID,
    status: required({ baseType: 'STRING', description: STATUSES.join(' or '), choices: STATUSES }),
    reason: optional({
      baseType: 'STRING',
      description: `Why, at most ${MAX_REASON_CHARACTERS} characters; the previous reason is removed if omitted`,
      maxLength: MAX_REASON_CHARACTERS,
    }),
  },
  result: ONE_DEVICE,
  run: async ({ deviceId, ...wanted }, context, env) => {
    const { identity, tags } = await readDevice(env.hub, context, deviceId);
    const stored = await writeStatus(env.hub, context, { deviceId, identity, wanted }).catch(
      addPossibleEffect({ effect: 'the status may have been set', onlyOnce: false }),
    );
    return [deviceRow({ identity: stored, tags })];
  },
});

interface WantedStatus {
  readonly status: string;
  readonly reason?: string | undefined;
}

interface StatusChange {
  readonly deviceId: string;
  readonly identity: HubDocument;
  readonly wanted: WantedStatus;
}

/** Writes the whole identity back under its etag, so that no other change of it is lost. */
async function writeStatus(hub: HubPort, context: CallContext, change: StatusChange): Promise<HubDocument> {
  const { deviceId, identity, wanted } = change;
  const etag = textOf(find(identity, 'etag'));
  if (etag === undefined) throw unexpectedAnswerError(`the device ${deviceId} without an etag`);
  let fault: AgentError;
  try {
    const write = { identity: withStatus(identity, wanted), etag };
    const stored = await hub.devices('user').putIdentity(context, deviceId, write);
    if (isIdentityOf(stored, deviceId)) return stored;
    fault = unexpectedAnswerError(`something that is not the device ${deviceId}`);
  } catch (error) {
    if (!isAgentError(error, 'TwinConflict') || !isAnswerLost(error)) throw error;
    fault = error;
  }
  // The write may have been carried out, and only reading the identity shows whether it was.
  const current = await readIdentity(hub, context, deviceId);
  if (hasStatus(current, wanted)) return current;
  throw fault;
}

function withStatus(identity: HubDocument, { status, reason }: WantedStatus): HubDocument {
  const { statusReason: _previous, ...rest } = identity;
  return { ...rest, status, ...(reason !== undefined && { statusReason: reason }) };
}

function hasStatus(identity: HubDocument, { status, reason = '' }: WantedStatus): boolean {
  return textOf(find(identity, 'status')) === status && (textOf(find(identity, 'statusReason')) ?? '') === reason;
}
