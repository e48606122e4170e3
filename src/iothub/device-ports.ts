/** What the agent needs from an IoT Hub for one device: methods, twins and identities. */
import type { CallContext } from '../core/call-context.js';
import type { HubDocument } from './documents.js';

/** A device, or one of its modules, by ids that have been validated. */
export interface DeviceAddress {
  readonly deviceId: string;
  readonly moduleId?: string | undefined;
}

/** A direct method to call. Time-outs are in seconds, as the hub takes them. */
export interface MethodCall {
  readonly methodName: string;
  /** Any JSON value; `undefined` for none. */
  readonly payload: unknown;
  /** The payload as JSON text, which is sent unchanged instead of `payload`. */
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
  /** The etag that the stored identity must have; if absent, the identity must not exist. */
  readonly etag?: string;
}

/**
 * The operations on one device. All throw the errors of `HubOperations` for the hub as a whole, and `DeviceNotFound`,
 * `DeviceOffline`, `DeviceTimeout`, `BadDeviceResponse`, `DeviceAlreadyExists` or `TwinConflict`.
 *
 * An error has `context.answerLost` if the hub may have carried out the request. A request that could have a second effect
 * is repeated only if the hub has refused it with 429 or was never reached.
 */
export interface DeviceOperations {
  /** Calls a direct method. Never repeated once the hub may have passed it on to the device. */
  invokeMethod(context: CallContext, target: DeviceAddress, call: MethodCall): Promise<MethodResponse>;
  /** Returns the twin as the hub has it. */
  getTwin(context: CallContext, target: DeviceAddress): Promise<HubDocument>;
  /** Updates a twin and returns the new one. With an etag other than `*`, never repeated once it may have been carried out. */
  updateTwin(context: CallContext, target: DeviceAddress, update: TwinUpdate): Promise<HubDocument>;
  /** Returns the identity, with its keys. */
  getIdentity(context: CallContext, deviceId: string): Promise<HubDocument>;
  /** Stores an identity and returns it, with its keys; an empty document if the acknowledgement cannot be parsed. */
  putIdentity(context: CallContext, deviceId: string, write: IdentityWrite): Promise<HubDocument>;
  /** Deletes an identity. Returns false if the success does not come from a hub, so that it may not have been deleted. */
  deleteIdentity(context: CallContext, deviceId: string, etag: string): Promise<boolean>;
}
