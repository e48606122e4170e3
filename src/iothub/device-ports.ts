/** What the agent needs of an IoT Hub about one device: methods, twins and identities. */
import type { CallContext } from '../core/call-context.js';
import type { HubDocument } from './hub-document.js';

/** A device, or one of its modules. The ids have been checked. */
export interface DeviceAddress {
  readonly deviceId: string;
  readonly moduleId?: string | undefined;
}

export interface MethodCall {
  readonly methodName: string;
  /** Any JSON value; `undefined` for none. */
  readonly payload: unknown;
  /** The same payload as JSON text, which is sent unchanged in its place. */
  readonly payloadText?: string;
  readonly responseTimeoutInSeconds: number;
  readonly connectTimeoutInSeconds: number;
}

/** The response of a device to a method. */
export interface MethodResponse {
  readonly status: number;
  /** Any JSON value; `null` for none. */
  readonly payload: unknown;
}

/** A change of a twin on the condition that it has this etag; `*` for any. */
export interface TwinUpdate {
  /** `tags` and/or `properties.desired`, either of which may be `null`. */
  readonly patch: HubDocument;
  readonly etag: string;
}

/** An identity to store. */
export interface IdentityWrite {
  readonly identity: HubDocument;
  /** Absent: the identity must not exist. */
  readonly etag?: string;
}

/**
 * The operations on one device. All throw the errors of `HubOperations` for the hub as a whole, and `DeviceNotFound`,
 * `DeviceOffline`, `DeviceTimeout`, `BadDeviceResponse`, `DeviceAlreadyExists` or `TwinConflict`.
 *
 * An error has `context.answerLost` if the hub may have carried out the request. Requests that cannot be repeated without
 * a second effect are repeated only if the hub has refused them with 429 or was never reached.
 */
export interface DeviceOperations {
  /** Never repeated once the hub may have passed it on. */
  invokeMethod(context: CallContext, target: DeviceAddress, call: MethodCall): Promise<MethodResponse>;
  getTwin(context: CallContext, target: DeviceAddress): Promise<HubDocument>;
  /** Returns the new twin. With an etag other than `*` never repeated once the hub may have carried it out. */
  updateTwin(context: CallContext, target: DeviceAddress, update: TwinUpdate): Promise<HubDocument>;
  /** The identity, with its keys. */
  getIdentity(context: CallContext, deviceId: string): Promise<HubDocument>;
  /** Returns the stored identity, with its keys; an empty document for an acknowledgement that cannot be parsed. */
  putIdentity(context: CallContext, deviceId: string, write: IdentityWrite): Promise<HubDocument>;
  /** Returns whether the hub has acknowledged it; otherwise it may or may not have been carried out. */
  deleteIdentity(context: CallContext, deviceId: string, etag: string): Promise<boolean>;
}
