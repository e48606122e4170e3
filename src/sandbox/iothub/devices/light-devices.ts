import { type Clock, systemClock } from '../../../core/clock.js';
import { behaviourOf, type DeviceBehaviour, type FleetBehaviour, QUIET_FLEET } from '../../fleet/behaviour.js';
import { unreported } from '../../fleet/desired.js';
import { answerMethod, type MethodAnswer } from '../../fleet/methods.js';
import type { DeviceDirectory, DeviceGateway, EndpointId, MethodCall, MethodOutcome, TwinSection } from '../ports.js';
import { DeviceWaiters } from '../device-waiters.js';

export interface LightDevicesOptions {
  readonly directory: DeviceDirectory;
  /** Registered devices. Their order determines their behaviour. */
  readonly deviceIds: Iterable<string>;
  readonly behaviour?: FleetBehaviour;
  /** Devices that are offline until they are started, beside those of the behaviour. */
  readonly startsOffline?: (deviceId: string) => boolean;
  readonly clock?: Clock;
}

/** Devices simulated inside the hub without a connection, which allows much larger fleets than real connections do. */
export interface LightDevices extends DeviceGateway {
  welcome(id: EndpointId): void;
  has(deviceId: string): boolean;
  /** Makes a device online; false if it is not a light device. */
  start(deviceId: string): boolean;
  /** Makes a device offline; false if it is not a light device. */
  stop(deviceId: string): boolean;
  /** Ends all running work of the devices. */
  close(): void;
}

/** Creates light devices; all except those configured to stay offline count as connected at once. */
export function createLightDevices(options: LightDevicesOptions): LightDevices {
  return new SimulatedDevices(options);
}

const REPORTS_AT_A_TIME = 500;

class SimulatedDevices implements LightDevices {
  readonly #directory: DeviceDirectory;
  readonly #fleet: FleetBehaviour;
  readonly #clock: Clock;
  readonly #waiters: DeviceWaiters;
  /** The position of each device in the fleet, the only data stored for it. */
  readonly #indexes = new Map<string, number>();
  readonly #offline = new Set<string>();
  /** Devices that the hub has disconnected and that reconnect once they are allowed to. */
  readonly #disconnected = new Set<string>();
  /** Aborts what a device is doing when it is stopped. */
  readonly #running = new Map<string, Set<() => void>>();
  readonly #upSinceMs: number;
  #isClosed = false;

  constructor(options: LightDevicesOptions) {
    this.#directory = options.directory;
    this.#fleet = options.behaviour ?? QUIET_FLEET;
    this.#clock = options.clock ?? systemClock;
    this.#waiters = new DeviceWaiters(this.#clock);
    this.#upSinceMs = this.#clock.nowMs();
    for (const deviceId of options.deviceIds) {
      this.#indexes.set(deviceId, this.#indexes.size);
      if (this.#behaviourOf(deviceId).isOffline || options.startsOffline?.(deviceId)) this.#offline.add(deviceId);
      else this.#directory.setConnected({ deviceId }, true);
    }
    void this.#reportAll();
  }

  has(deviceId: string): boolean {
    return this.#indexes.has(deviceId);
  }

  isConnected(id: EndpointId): boolean {
    return id.moduleId === undefined && this.has(id.deviceId) && !this.#offline.has(id.deviceId);
  }

  start(deviceId: string): boolean {
    if (!this.has(deviceId)) return false;
    if (this.#offline.delete(deviceId)) {
      this.#directory.setConnected({ deviceId }, true);
      void this.#reportDesired(deviceId);
      this.#waiters.announce({ deviceId });
    }
    return true;
  }

  stop(deviceId: string): boolean {
    if (!this.has(deviceId)) return false;
    this.#disconnected.delete(deviceId);
    if (!this.#offline.has(deviceId)) {
      this.#offline.add(deviceId);
      this.#directory.setConnected({ deviceId }, false);
      for (const end of this.#running.get(deviceId) ?? []) end();
    }
    return true;
  }

  async invokeMethod(id: EndpointId, call: MethodCall): Promise<MethodOutcome> {
    const { deviceId } = id;
    if (!this.isConnected(id)) await this.#waiters.whenReady(id, call.connectTimeoutMs, call.signal);
    if (!this.isConnected(id)) return { kind: 'notOnline' };
    const { isFailing, latencyMs } = this.#behaviourOf(deviceId);
    const subject = {
      deviceId,
      isFailing,
      upSinceMs: this.#upSinceMs,
      nowMs: this.#clock.nowMs(),
      firmware: () => this.#directory.deviceTwin({ deviceId }).reported['firmware'],
    };
    const answer = answerMethod(call.methodName, call.payload, subject);
    const delayMs = answer ? answer.delayMs + latencyMs : Number.POSITIVE_INFINITY;
    const ended = await this.#takeTime(deviceId, Math.min(delayMs, call.responseTimeoutMs), call.signal);
    if (ended) return { kind: ended };
    if (!answer || delayMs > call.responseTimeoutMs) return { kind: 'noAnswer' };
    this.#reportAfter(deviceId, answer);
    return { kind: 'answered', status: answer.status, payload: answer.payload };
  }

  /** Applies desired properties by reporting them. */
  notifyDesired(id: EndpointId, patch: TwinSection): void {
    if (!this.isConnected(id)) return;
    const { latencyMs } = this.#behaviourOf(id.deviceId);
    void this.#takeTime(id.deviceId, latencyMs).then((ended) => {
      if (!ended) this.#report(id.deviceId, patch);
    });
  }

  disconnect({ deviceId }: EndpointId): void {
    // The service side also calls this for a deleted or disabled device, which must not count as connected any more.
    const comesBack = this.isConnected({ deviceId }) || this.#disconnected.has(deviceId);
    this.stop(deviceId);
    if (comesBack) this.#disconnected.add(deviceId);
  }

  welcome({ deviceId }: EndpointId): void {
    if (this.#disconnected.delete(deviceId)) this.start(deviceId);
  }

  close(): void {
    this.#isClosed = true;
    this.#waiters.close();
    for (const ends of this.#running.values()) for (const end of ends) end();
  }

  #behaviourOf(deviceId: string): DeviceBehaviour {
    return behaviourOf(this.#indexes.get(deviceId) ?? 0, this.#fleet);
  }

  /** A few at a time, so that a large fleet neither uses much memory nor blocks other work. */
  async #reportAll(): Promise<void> {
    const reports: Promise<void>[] = [];
    for (const deviceId of this.#indexes.keys()) {
      if (this.#isClosed) return;
      if (this.isConnected({ deviceId })) reports.push(this.#reportDesired(deviceId));
      if (reports.length < REPORTS_AT_A_TIME) continue;
      await Promise.all(reports.splice(0));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Reports the desired properties that the device has not reported yet. */
  async #reportDesired(deviceId: string): Promise<void> {
    try {
      const { desired, reported } = this.#directory.deviceTwin({ deviceId });
      const news = unreported(desired, reported);
      if (news) await this.#directory.patchReported({ deviceId }, news);
    } catch {
      // The device was deleted meanwhile, or its twin rejects the patch; there is no caller to inform.
    }
  }

  #report(deviceId: string, properties: TwinSection): void {
    this.#directory.patchReported({ deviceId }, properties).catch(() => undefined);
  }

  #reportAfter(deviceId: string, { report }: MethodAnswer): void {
    if (!report) return;
    void this.#takeTime(deviceId, report.afterMs).then((ended) => {
      if (!ended) this.#report(deviceId, report.properties);
    });
  }

  /** Waits on behalf of a device; resolves with the reason if the wait ended early. */
  #takeTime(deviceId: string, delayMs: number, signal?: AbortSignal): Promise<'disconnected' | 'noAnswer' | undefined> {
    if (delayMs <= 0) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const running = this.#running.get(deviceId) ?? new Set();
      this.#running.set(deviceId, running);
      const settle = (ended?: 'disconnected' | 'noAnswer'): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        running.delete(onStop);
        if (running.size === 0) this.#running.delete(deviceId);
        resolve(ended);
      };
      const onStop = (): void => settle('disconnected');
      const onAbort = (): void => settle('noAnswer');
      const timer = this.#clock.schedule(delayMs, () => settle());
      running.add(onStop);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
