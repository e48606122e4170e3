import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../core/clock.js';
import { AgentError, messageOf } from '../core/errors.js';
import { makeFolder } from '../core/write-files.js';
import { type Log, silentLog } from '../core/log.js';
import type { Store } from '../store/store.js';
import { type Certificates, ensureCertificates } from './certificates.js';
import { type DeviceScript, readDeviceScript } from './device-script.js';
import { addDeviceRoutes, type DeviceSwitch } from './fleet/device-routes.js';
import { type Fleet, startFleet } from './fleet/fleet.js';
import { ConnectionFaults } from './faults/connection-faults.js';
import { addFaultRoutes } from './faults/fault-routes.js';
import { Router } from './http/router.js';
import type { LightDevices } from './iothub/devices/light-devices.js';
import { type LocalIotHub, type RegisteredDevice, startLocalIotHub } from './iothub/local-iot-hub.js';
import { storedAppKey } from './thingworx/app-key.js';
import { lightDeviceTwins, sdkDeviceTwins } from './fleet/new-devices.js';
import { packagesFor, requirePackages } from './optional-packages.js';
import type { SandboxMode, SandboxOptions } from './options.js';
import type { ReadyInfo } from './ready-file.js';
import type { ReceivedEvent } from './thingworx/model/thing.js';
import { type LocalThingWorx, startLocalThingWorx } from './thingworx/local-thingworx.js';

export interface SandboxDependencies {
  readonly clock?: Clock;
  readonly log?: Log;
}

/** A running sandbox with one or both ends. */
export interface Sandbox {
  /** The addresses and keys that clients need; `agent` is not part of the sandbox. */
  readonly info: Omit<ReadyInfo, 'pid' | 'agent'>;
  /** The folder of the state; a temporary one unless configured. */
  readonly directory: string;
  /** Starts the simulated devices on the Azure SDK; resolves once they are online. */
  startDevices(): Promise<void>;
  /** The events that the local ThingWorx has received of a Thing, oldest first; the last 1,000 are kept. */
  receivedEvents(thing: string): readonly ReceivedEvent[];
  /** Stops everything, clients before the servers they use. Can be called twice. */
  close(): Promise<void>;
}

/**
 * Starts the stand-ins for both ends, or one of them.
 * @throws AgentError `PackageMissing`, `PortInUse`, `StateUnwritable`. What was already started is stopped first.
 */
export async function startSandbox(
  mode: SandboxMode,
  options: SandboxOptions,
  dependencies: SandboxDependencies = {},
): Promise<Sandbox> {
  requirePackages(packagesFor(mode, options));
  const sandbox = new RunningSandbox(options, dependencies.clock ?? systemClock, dependencies.log ?? silentLog);
  try {
    await sandbox.start(mode);
    return sandbox;
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

class RunningSandbox implements Sandbox {
  readonly #options: SandboxOptions;
  #script: DeviceScript | undefined;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #routes = new Router();
  readonly #faults: { thingworx?: ConnectionFaults; iothub?: ConnectionFaults } = {};
  #devices: readonly RegisteredDevice[] = [];
  #sdkDeviceIds: ReadonlySet<string> = new Set();
  #fleet: Fleet | undefined;
  #light: LightDevices | undefined;
  #hub: LocalIotHub | undefined;
  #platform: LocalThingWorx | undefined;
  #closed: Promise<void> | undefined;
  directory = '';

  constructor(options: SandboxOptions, clock: Clock, log: Log) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
  }

  async start(mode: SandboxMode): Promise<void> {
    const { deviceScript } = this.#options;
    if (deviceScript !== undefined) this.#script = await readDeviceScript(deviceScript);
    this.directory = await this.#openDirectory();
    const { hubName, host } = this.#options;
    const certificates = await ensureCertificates(this.directory, [hubName, host], this.#clock);
    if (mode !== 'platform') await this.#startHub(certificates);
    if (mode !== 'hub') await this.#startPlatform(certificates);
    const switches = (): DeviceSwitch[] => [this.#fleet, this.#light].filter((part) => part !== undefined);
    if (mode !== 'platform') addDeviceRoutes(this.#routes, switches, () => this.#hub?.methodCalls.byDevice() ?? {});
    addFaultRoutes(this.#routes, this.#faults);
  }

  get info(): Sandbox['info'] {
    const { thing } = this.#options;
    const platform = this.#platform;
    return {
      ...(platform ? { thingworx: { url: platform.url, wsUrl: platform.wsUrl, appKey: platform.appKey, thing } } : {}),
      ...(this.#hub ? { iothub: this.#hubInfo(this.#hub), devices: this.#devices } : {}),
    };
  }

  async startDevices(): Promise<void> {
    if (!this.#hub) return;
    if (this.#devices.length > 0)
      this.#fleet = await startFleet({
        devices: this.#devices,
        caPem: this.#hub.caPem,
        behaviour: this.#options.fleet,
        startsOffline: this.#startsOffline,
        log: this.#log,
      });
    this.#closers.push(() => this.#fleet?.close() ?? Promise.resolve());
    this.#startLater();
  }

  readonly #startsOffline = (deviceId: string): boolean => (this.#script?.offlineSeconds(deviceId) ?? 0) > 0;

  readonly #isSimulated = (deviceId: string): boolean =>
    this.#light?.has(deviceId) === true || this.#sdkDeviceIds.has(deviceId);

  /** Brings the devices online that the script keeps offline at first. */
  #startLater(): void {
    const { devices, lightDevices, fleet } = this.#options;
    for (const seconds of this.#script?.offlineTimes ?? []) {
      const timer = this.#clock.schedule(seconds * 1000, () => {
        const isDue = ({ deviceId }: { readonly deviceId: string }): boolean =>
          this.#script?.offlineSeconds(deviceId) === seconds;
        for (const device of sdkDeviceTwins(devices, fleet))
          if (isDue(device)) void this.#fleet?.start(device.deviceId);
        for (const device of lightDeviceTwins(lightDevices, fleet))
          if (isDue(device)) this.#light?.start(device.deviceId);
      });
      this.#closers.push(() => Promise.resolve(timer.cancel()));
    }
  }

  receivedEvents(thing: string): readonly ReceivedEvent[] {
    return this.#platform?.platform.things.get(thing)?.events ?? [];
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const close of this.#closers.reverse())
      await close().catch((error: unknown) => this.#log.warn({ err: error }, 'a part of the sandbox failed to stop'));
  }

  async #openDirectory(): Promise<string> {
    const { stateDir } = this.#options;
    try {
      if (stateDir !== undefined) {
        await makeFolder(stateDir, 0o700);
        return stateDir;
      }
      const temporary = await mkdtemp(join(tmpdir(), 'twx-iothub-sandbox-'));
      this.#closers.push(() => rm(temporary, { recursive: true, force: true }));
      return temporary;
    } catch (error) {
      const where = stateDir ?? tmpdir();
      throw new AgentError('StateUnwritable', `The state directory ${where} cannot be used: ${messageOf(error)}.`, {
        cause: error,
      });
    }
  }

  async #startHub(certificates: Certificates): Promise<void> {
    const { host, hubPort, mqttPort, hubName, tier, units, latencyMs } = this.#options;
    const store = await this.#openStore('iothub');
    const faults = new ConnectionFaults(this.#clock);
    this.#faults.iothub = faults;
    const hub = await startLocalIotHub({
      host,
      hubName,
      tier,
      units,
      certificates,
      port: hubPort,
      mqttPort,
      latencyMs,
      ...(store ? { store } : {}),
      adminRoutes: this.#routes,
      onServer: (server) => faults.watch(server, 'tls'),
      ...(this.#script ? { scripted: { script: this.#script, isSimulated: this.#isSimulated } } : {}),
      clock: this.#clock,
      log: this.#log,
    });
    this.#hub = hub;
    this.#closers.push(() => hub.close());
    await this.#registerDevices(hub);
  }

  async #registerDevices(hub: LocalIotHub): Promise<void> {
    const { devices, lightDevices, fleet } = this.#options;
    const sdkDevices = [...sdkDeviceTwins(devices, fleet)];
    this.#sdkDeviceIds = new Set(sdkDevices.map(({ deviceId }) => deviceId));
    await hub.registerDevices(sdkDevices);
    this.#devices = await Promise.all(sdkDevices.map(({ deviceId }) => hub.registerDevice(deviceId)));
    if (lightDevices > 0)
      this.#light = await hub.addLightDevices(lightDeviceTwins(lightDevices, fleet), fleet, this.#startsOffline);
  }

  async #startPlatform(certificates: Certificates): Promise<void> {
    const { host, httpPort, thing, thingworx } = this.#options;
    const store = await this.#openStore('thingworx');
    const faults = new ConnectionFaults(this.#clock);
    this.#faults.thingworx = faults;
    const platform = await startLocalThingWorx({
      host,
      port: httpPort,
      appKey: this.#options.appKey ?? (await storedAppKey(store)),
      ...(thingworx.tls ? { tls: certificates } : {}),
      compression: thingworx.compression,
      bindPolicy: thingworx.bindPolicy,
      things: [{ name: thing }],
      ...(store ? { store } : {}),
      mount: this.#routes,
      onServer: (server) => faults.watch(server, thingworx.tls ? 'tls' : 'plain'),
      clock: this.#clock,
      log: this.#log,
    });
    this.#platform = platform;
    this.#closers.push(() => platform.close());
  }

  /** Without a state folder there is no store, because a temporary folder is removed at the end. */
  async #openStore(name: string): Promise<Store | undefined> {
    if (this.#options.stateDir === undefined) return undefined;
    const { openLevelStore } = await import('../store/level-store.js');
    const store = await openLevelStore(join(this.directory, name), { log: this.#log });
    this.#closers.push(() => store.close());
    return store;
  }

  #hubInfo(hub: LocalIotHub): NonNullable<ReadyInfo['iothub']> {
    const { hostName, address, mqttAddress, connectionString, serviceConnectionString } = hub;
    const caFile = join(this.directory, 'ca.pem');
    return { hostName, address, mqttAddress, connectionString, serviceConnectionString, caFile };
  }
}
