import type { Clock } from '../../core/clock.js';
import type { Gatekeeper } from './access/gatekeeper.js';
import { covers, isExpired, isSignedBy, parseSasToken } from './access/sas-token.js';
import { errorAnswer } from './answers/error-answer.js';
import { ServiceError } from './answers/service-error.js';
import type { Endpoint } from './model/endpoint.js';
import type { DeviceDirectory, EndpointId } from './ports.js';
import type { Endpoints } from './state/endpoints.js';
import { sectionForDevice } from './model/section.js';
import type { Twins } from './twins/twins.js';

export interface DirectoryOptions {
  readonly endpoints: Endpoints;
  readonly twins: Twins;
  readonly gatekeeper: Gatekeeper;
  readonly clock: Clock;
  /** Called when a device has connected. */
  readonly onConnected: (id: EndpointId) => void;
}

type Verdict = ReturnType<DeviceDirectory['authenticate']>;

const refuse = (reason: string): Verdict => ({ ok: false, reason });

/** Implements what the device side needs from identities and twins. */
export function createDeviceDirectory(options: DirectoryOptions): DeviceDirectory {
  const { endpoints, twins, clock } = options;
  return {
    authenticate: (id, credentials) => authenticate(options, id, credentials),
    deviceTwin(id) {
      const { desired, reported } = twins.find(id).record;
      return { desired: sectionForDevice(desired), reported: sectionForDevice(reported) };
    },
    async patchReported(id, patch) {
      try {
        return { status: 204, version: await twins.patchReported(twins.find(id), patch) };
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        const answer = errorAnswer(error, clock.nowMs());
        return {
          status: answer.status,
          body: { errorCode: error.number, ...(JSON.parse(answer.body as string) as object) },
        };
      }
    },
    setConnected(id, isConnected) {
      const endpoint = endpoints.find(id);
      if (!endpoint) return;
      endpoint.isConnected = isConnected;
      endpoint.connectionChangedMs = clock.nowMs();
      endpoint.lastActivityMs = clock.nowMs();
      if (isConnected) options.onConnected(id);
    },
    telemetry(id) {
      const endpoint = endpoints.find(id);
      if (endpoint) endpoint.lastActivityMs = clock.nowMs();
    },
  };
}

function authenticate(
  options: DirectoryOptions,
  id: EndpointId,
  credentials: Parameters<DeviceDirectory['authenticate']>[1],
): Verdict {
  const endpoint = options.endpoints.find(id);
  const device = options.endpoints.find({ deviceId: id.deviceId });
  if (!endpoint || !device) return refuse('The device is not registered.');
  if (device.record.status === 'disabled') return refuse('The device is disabled.');
  if (credentials.sasToken !== undefined) return checkToken(options, endpoint, credentials.sasToken);
  return checkThumbprint(endpoint, credentials.x509Thumbprint);
}

function checkToken({ gatekeeper, clock }: DirectoryOptions, { record }: Endpoint, text: string): Verdict {
  const token = parseSasToken(text);
  if (!token) return refuse('The password is no SharedAccessSignature.');
  const path = `/devices/${record.deviceId}${record.moduleId === undefined ? '' : `/modules/${record.moduleId}`}`;
  if (token.skn !== undefined) {
    const policy = gatekeeper.policyOf(token, path);
    return policy?.rights.includes('DeviceConnect') ? { ok: true } : refuse('The token of the policy is not good.');
  }
  const keys = record.authentication.symmetricKey;
  if (!keys || !isSignedBy(token, keys)) return refuse('The signature is wrong.');
  if (isExpired(token, clock.nowMs())) return refuse('The token has expired.');
  if (!covers(token, gatekeeper.hostNames, path)) return refuse('The token is for another resource.');
  return { ok: true };
}

function checkThumbprint({ record }: Endpoint, given: string | undefined): Verdict {
  const known = record.authentication.thumbprints;
  if (record.authentication.type !== 'selfSigned' || !known) return refuse('The device must show a SAS token.');
  const thumbprint = given?.replaceAll(':', '').toUpperCase();
  const isKnown = thumbprint !== undefined && (thumbprint === known.primary || thumbprint === known.secondary);
  return isKnown ? { ok: true } : refuse('The certificate is not the one that is registered.');
}
