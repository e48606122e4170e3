/**
 * The interfaces inside the local IoT Hub, between the service side (REST, jobs), which stores identities and twins, and
 * the device side (MQTT, light devices), which connects devices.
 */

/** A device, or a module of it. */
export interface EndpointId {
  readonly deviceId: string;
  readonly moduleId?: string;
}

export type TwinSection = Readonly<Record<string, unknown>>;

/** What the device side needs from the service side. Synchronous where possible, because twins are in memory. */
export interface DeviceDirectory {
  /**
   * Whether a CONNECT is accepted: identity known and enabled, SAS token (both keys, expiry, `sr`) or X.509 thumbprint.
   * `at` is the MQTT user name's host, for the token's resource.
   */
  authenticate(
    id: EndpointId,
    credentials: { readonly sasToken?: string; readonly x509Thumbprint?: string },
  ): { readonly ok: true } | { readonly ok: false; readonly reason: string };
  /** The twin as a device sees it: `$version` in both sections, no `$metadata`. */
  deviceTwin(id: EndpointId): { readonly desired: TwinSection; readonly reported: TwinSection };
  /** Merges into the reported section. `status` is 204, or a 4xx with the error body for the answer. */
  patchReported(
    id: EndpointId,
    patch: unknown,
  ): Promise<{ readonly status: number; readonly version?: number; readonly body?: unknown }>;
  /** Follows CONNECT and the end of a connection: sets connectionState and lastActivityTime. */
  setConnected(id: EndpointId, connected: boolean): void;
  /** Counts telemetry and marks activity. */
  telemetry(id: EndpointId, bytes: number): void;
}

export type MethodOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly payload: unknown }
  /** Not connected, or not subscribed to methods, within the connect timeout. */
  | { readonly kind: 'notOnline' }
  /** Connected, but did not respond within the response timeout. */
  | { readonly kind: 'noAnswer' }
  /** Disconnected while the call was in flight. */
  | { readonly kind: 'disconnected' }
  /** The response was invalid (over 128 KB, not JSON). */
  | { readonly kind: 'badAnswer'; readonly reason: string };

export interface MethodCall {
  readonly methodName: string;
  /** Any JSON value; `undefined` for none (an empty MQTT payload). */
  readonly payload: unknown;
  /** 0: the device must be online now. Infinity: until `signal` aborts. */
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What the service side needs from the device side. */
export interface DeviceGateway {
  isConnected(id: EndpointId): boolean;
  invokeMethod(id: EndpointId, call: MethodCall): Promise<MethodOutcome>;
  /**
   * Notifies the device of a change of desired properties: the patch, with `$version` added. Does nothing if it is
   * offline.
   */
  notifyDesired(id: EndpointId, patch: TwinSection, version: number): void;
  /** Closes the connection of a device that was deleted, disabled or got new keys. */
  disconnect(id: EndpointId): void;
  /** Called when the device may connect again. Real devices retry by themselves; simulated ones must be notified. */
  welcome?(id: EndpointId): void;
}
