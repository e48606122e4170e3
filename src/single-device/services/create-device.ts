import { invalidParameter } from '../../edge/parameter-rules.js';
import { keysOf } from '../../iothub/device-errors.js';
import { optional } from '../../jobs/parameters.js';
import { checkTags } from '../../jobs/patch-rules.js';
import { createDevice } from '../device-changes.js';
import { type Authentication, AUTHENTICATIONS, deviceRow, identityOf } from '../device-documents.js';
import { DEVICE_ID, STATUSES } from '../parameters.js';
import { defineDeviceService, ONE_DEVICE } from './device-service.js';

/** The cells of the keys of a device without symmetric keys. */
const NO_KEYS = { primaryKey: '', secondaryKey: '' };

const THUMBPRINT = {
  pattern: /^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/,
  form: '40 or 64 hexadecimal digits',
} as const;

export const createDeviceService = defineDeviceService({
  name: 'CreateDevice',
  description: 'Creates a device in the hub and returns its identity',
  needs: ['registry write', 'registry read', 'service connect'],
  isManagement: true,
  parameters: {
    deviceId: DEVICE_ID,
    authentication: optional({
      baseType: 'STRING',
      description: `How the device authenticates: ${AUTHENTICATIONS.join(', ')}; default sas, with keys that the hub generates`,
      choices: AUTHENTICATIONS,
    }),
    primaryThumbprint: optional({
      baseType: 'STRING',
      description: `The thumbprint of the certificate, required for selfSigned and only allowed there: ${THUMBPRINT.form}`,
      ...THUMBPRINT,
    }),
    secondaryThumbprint: optional({
      baseType: 'STRING',
      description: `The thumbprint of a second certificate, only for selfSigned: ${THUMBPRINT.form}`,
      ...THUMBPRINT,
    }),
    status: optional({
      baseType: 'STRING',
      description: `${STATUSES.join(' or ')}; default enabled`,
      choices: STATUSES,
    }),
    edgeDevice: optional({ baseType: 'BOOLEAN', description: 'Whether it is an IoT Edge device; default false' }),
    tags: optional({ baseType: 'JSON', description: 'The tags of its twin, an object; none if omitted' }),
  },
  result: ONE_DEVICE,
  run: async (args, context, env) => {
    checkThumbprints(args);
    const tags = args.tags === undefined ? undefined : checkTags(args.tags);
    const identity = identityOf({ ...args, authentication: args.authentication as Authentication | undefined });
    const device = await createDevice(env.hub, context, { deviceId: args.deviceId, identity, tags });
    return [{ ...deviceRow(device), ...(env.showsDeviceKeys && { ...NO_KEYS, ...keysOf(device.identity) }) }];
  },
});

interface Thumbprints {
  readonly authentication?: string | undefined;
  readonly primaryThumbprint?: string | undefined;
  readonly secondaryThumbprint?: string | undefined;
}

function checkThumbprints({ authentication, primaryThumbprint, secondaryThumbprint }: Thumbprints): void {
  if (authentication === 'selfSigned') {
    if (primaryThumbprint !== undefined) return;
    throw invalidParameter('primaryThumbprint', 'is required for the authentication selfSigned');
  }
  const name = primaryThumbprint === undefined ? 'secondaryThumbprint' : 'primaryThumbprint';
  if ((primaryThumbprint ?? secondaryThumbprint) !== undefined)
    throw invalidParameter(name, 'is only allowed with the authentication selfSigned');
}
