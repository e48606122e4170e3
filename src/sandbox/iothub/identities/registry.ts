import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../core/clock.js';
import { isMatch, type Match, wireTime } from '../answers/wire-values.js';
import {
  argumentInvalid,
  deviceNotFound,
  moduleNotFound,
  preconditionFailed,
  ServiceError,
} from '../answers/service-error.js';
import type { DeviceGateway, EndpointId } from '../ports.js';
import type { Endpoints } from '../state/endpoints.js';
import { emptySection, mergePlain, replaceSection, stampOf } from '../model/section.js';
import type { TwinChange } from '../twins/twins.js';
import { type Endpoint, endpointId, type EndpointRecord } from '../model/endpoint.js';
import { checkDeviceId, checkModuleId } from './id-rules.js';
import { identityEtag } from '../model/identity-document.js';
import { type IdentityRequest, readIdentityRequest } from './identity-request.js';

type Json = Readonly<Record<string, unknown>>;

/** .NET counts time in ticks of 100 ns since the year 1; the scopes of edge devices end with such a number. */
const TICKS_AT_EPOCH = 621_355_968_000_000_000n;
const MAX_MODULES_PER_DEVICE = 50;
/** The modules of the IoT Edge runtime, which an edge device has from the start. */
const SYSTEM_MODULES = ['$edgeAgent', '$edgeHub'];
const NO_TWIN: TwinChange = { tags: undefined, desired: undefined };

export interface RegistryOptions {
  readonly endpoints: Endpoints;
  readonly gateway: () => DeviceGateway;
  readonly clock: Clock;
  /** How many devices the tier allows. */
  readonly maxDevices: number;
  readonly onDeleted: (id: EndpointId) => void;
}

/** The identities of devices and modules. Changes take effect in memory at once; the caller flushes the journal. */
export class Registry {
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Creates an identity or, if there is a condition, updates it. @throws ServiceError */
  put(id: EndpointId, body: Json, match: Match): Endpoint {
    const known = this.#options.endpoints.find(id);
    if (match.kind === 'absent') {
      if (known) throw alreadyExists(id);
      return this.create(id, body);
    }
    if (!known) throw notFound(id);
    return this.update(known, body, match);
  }

  /**
   * Creates an identity with its initial twin and, for an edge device, its system modules.
   * @throws ServiceError ArgumentInvalid, DeviceAlreadyExists, ModuleAlreadyExistsOnDevice, TooManyDevices
   */
  create(id: EndpointId, body: Json, twin: TwinChange = NO_TWIN): Endpoint {
    const { endpoints } = this.#options;
    checkDeviceId(id.deviceId);
    if (id.moduleId !== undefined) this.#checkNewModule(id.deviceId, id.moduleId);
    if (endpoints.find(id)) throw alreadyExists(id);
    if (id.moduleId === undefined && endpoints.devices.size >= this.#options.maxDevices) {
      throw new ServiceError('TooManyDevices', `The tier allows ${this.#options.maxDevices} devices.`);
    }
    const endpoint = endpoints.add(this.#newRecord(id, readIdentityRequest(body, undefined), twin));
    if (id.moduleId === undefined && endpoint.record.isEdge) this.#addSystemModules(id.deviceId);
    return endpoint;
  }

  #addSystemModules(deviceId: string): void {
    for (const moduleId of SYSTEM_MODULES) {
      this.#options.endpoints.add(this.#newRecord({ deviceId, moduleId }, readIdentityRequest({}, undefined), NO_TWIN));
    }
  }

  /** @throws ServiceError PreconditionFailed, ArgumentInvalid */
  update(endpoint: Endpoint, body: Json, match: Match): Endpoint {
    if (!isMatch(match, identityEtag(endpoint))) throw preconditionFailed('identity');
    const { record } = endpoint;
    const request = readIdentityRequest(body, record.authentication);
    const status = request.status ?? record.status;
    this.#options.endpoints.update(endpoint, {
      identityVersion: record.identityVersion + 1,
      authentication: request.authentication,
      status,
      statusReason: request.statusReason,
      statusUpdatedMs: status === record.status ? record.statusUpdatedMs : this.#options.clock.nowMs(),
      managedBy: request.managedBy ?? record.managedBy,
      ...scopesAfter(record, request),
    });
    const mustReconnect = status === 'disabled' || !sameAuthentication(record, endpoint.record);
    if (mustReconnect) this.#options.gateway().disconnect(endpointId(record));
    if (status === 'enabled') this.#options.gateway().welcome?.(endpointId(record));
    return endpoint;
  }

  /** @throws ServiceError DeviceNotFound, ModuleNotFound, PreconditionFailed */
  delete(id: EndpointId, match: Match): void {
    const known = this.#options.endpoints.find(id);
    if (!known) throw notFound(id);
    if (!isMatch(match, identityEtag(known))) throw preconditionFailed('identity');
    for (const gone of this.#options.endpoints.remove(known)) {
      this.#options.gateway().disconnect(endpointId(gone.record));
      this.#options.onDeleted(endpointId(gone.record));
    }
  }

  #checkNewModule(deviceId: string, moduleId: string): void {
    checkModuleId(moduleId);
    if (!this.#options.endpoints.find({ deviceId })) throw deviceNotFound(deviceId);
    const own = this.#options.endpoints.modulesOf(deviceId).filter((each) => !isSystemModule(each.record));
    if (own.length < MAX_MODULES_PER_DEVICE) return;
    throw new ServiceError('TooManyDevices', `A device has at most ${MAX_MODULES_PER_DEVICE} modules.`);
  }

  #newRecord(
    id: EndpointId,
    request: IdentityRequest,
    { tags, desired }: TwinChange,
  ): Omit<EndpointRecord, 'sequence'> {
    const nowMs = this.#options.clock.nowMs();
    const time = wireTime(nowMs);
    const isEdge = request.isEdge ?? false;
    const ownScope = isEdge ? newScope(id.deviceId, nowMs) : undefined;
    return {
      ...id,
      generationId: BigInt.asUintN(60, randomBytes(8).readBigUInt64BE()).toString(),
      identityVersion: 1,
      status: request.status ?? 'enabled',
      statusReason: request.statusReason,
      statusUpdatedMs: undefined,
      authentication: request.authentication,
      isEdge,
      deviceScope: ownScope ?? request.deviceScope,
      parentScopes: request.parentScopes ?? (isEdge || !request.deviceScope ? undefined : [request.deviceScope]),
      managedBy: request.managedBy,
      twinVersion: 1,
      tags: mergePlain({}, tags ?? {}),
      desired: replaceSection(desired ?? {}, stampOf(time, 1), 1),
      reported: emptySection(stampOf(time)),
      lastActivityMs: undefined,
    };
  }
}

const isSystemModule = ({ moduleId }: EndpointRecord): boolean =>
  moduleId !== undefined && SYSTEM_MODULES.includes(moduleId);

const newScope = (deviceId: string, nowMs: number): string =>
  `ms-azure-iot-edge://${deviceId}-${TICKS_AT_EPOCH + BigInt(Math.trunc(nowMs)) * 10_000n}`;

/**
 * Returns the new scopes. The scope of an edge device never changes. A leaf device gets a new parent by its scope, an edge
 * device by its parent scopes.
 */
function scopesAfter(
  record: EndpointRecord,
  request: IdentityRequest,
): Pick<EndpointRecord, 'isEdge' | 'deviceScope' | 'parentScopes'> {
  if (record.isEdge) {
    if (request.deviceScope !== undefined && request.deviceScope !== record.deviceScope) {
      throw argumentInvalid('The scope of an edge device cannot be changed.');
    }
    return { isEdge: true, deviceScope: record.deviceScope, parentScopes: request.parentScopes ?? record.parentScopes };
  }
  if (request.isEdge === true) throw argumentInvalid('capabilities.iotEdge can only be set when a device is created.');
  const deviceScope = request.deviceScope;
  return { isEdge: false, deviceScope, parentScopes: deviceScope === undefined ? undefined : [deviceScope] };
}

const sameAuthentication = (a: EndpointRecord, b: EndpointRecord): boolean =>
  JSON.stringify(a.authentication) === JSON.stringify(b.authentication);

const notFound = ({ deviceId, moduleId }: EndpointId): ServiceError =>
  moduleId === undefined ? deviceNotFound(deviceId) : moduleNotFound(deviceId, moduleId);

function alreadyExists({ deviceId, moduleId }: EndpointId): ServiceError {
  if (moduleId === undefined) {
    return new ServiceError('DeviceAlreadyExists', `A device with ID '${deviceId}' is already registered.`);
  }
  return new ServiceError(
    'ModuleAlreadyExistsOnDevice',
    `A module with ID '${moduleId}' is already registered on device '${deviceId}'.`,
  );
}
