import type { Server } from 'node:net';
import { type Clock, systemClock } from '../../core/clock.js';
import { type Log, silentLog } from '../../core/log.js';
import type { Store } from '../../store/store.js';
import { type Certificates, ensureCertificates } from '../certificates.js';
import type { FleetBehaviour } from '../fleet/behaviour.js';
import type { Router } from '../http/router.js';
import type { Policy } from './access/policies.js';
import {
  countingGateway,
  joinGateways,
  MethodCalls,
  type ScriptedDevices,
  scriptedGateway,
} from './devices/gateways.js';
import { createLightDevices, type LightDevices } from './devices/light-devices.js';
import { createMqttGateway, type MqttGateway } from './devices/mqtt-gateway.js';
import { createMqttServer } from './devices/mqtt-server.js';
import { type HubState, openHubState } from './hub-state.js';
import type { DeviceGateway } from './ports.js';
import { type NewDevice, registerDevices } from './register-devices.js';
import { createServiceServer, listen, type ListeningServer } from './servers.js';
import { limitsOf, type TierName } from './tiers/tiers.js';

export interface LocalIotHubOptions {
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** Service API and MQTT over WebSocket; 0 (the default) takes a free port. */
  readonly port?: number;
  /** MQTT over TLS; 0 (the default) takes a free port. */
  readonly mqttPort?: number;
  /** The hub's name in connection strings, tokens and certificates; `localhost` by default. */
  readonly hubName?: string;
  readonly tier?: TierName;
  readonly units?: number;
  /** Added to each response of the service API. */
  readonly latencyMs?: number;
  /**
   * Stores everything that is acknowledged; the caller closes it after the hub. Without it nothing outlives the hub.
   */
  readonly store?: Store;
  /** Generated if omitted. */
  readonly certificates?: Certificates;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Whether to reject `null` in a job where the service does; true by default. False treats null as absent. */
  readonly strict?: boolean;
  /** How long a job stays queued before it runs, 100 by default. The service takes seconds. */
  readonly jobStartDelayMs?: number;
  /** Additional routes (`/sandbox/...`) for holders of the owner policy. */
  readonly adminRoutes?: Router;
  /** Called with both servers before they listen, to inject faults. */
  readonly onServer?: (server: Server) => void;
  /** How simulated devices behave. */
  readonly scripted?: ScriptedDevices;
}

/** What a program needs to connect as a device. */
export interface RegisteredDevice {
  readonly deviceId: string;
  readonly connectionString: string;
}

export interface LocalIotHub {
  readonly hostName: string;
  /** `host:port` of the service API. */
  readonly address: string;
  /** `host:port` of MQTT over TLS. */
  readonly mqttAddress: string;
  /** Grants the rights of the owner policy. */
  readonly connectionString: string;
  /** Grants the rights of the policy `service`. */
  readonly serviceConnectionString: string;
  readonly caPem: string;
  /** Direct methods that devices have received since the start. */
  readonly methodCalls: MethodCalls;
  /** Registers a device unless it already exists; resolves once that is stored. */
  registerDevice(deviceId: string, options?: Omit<NewDevice, 'deviceId'>): Promise<RegisteredDevice>;
  /** Registers many devices with a single wait. Devices that already exist are not changed. */
  registerDevices(devices: Iterable<NewDevice>): Promise<void>;
  /** Registers devices and simulates them inside the hub. May be called at most once. */
  addLightDevices(
    devices: Iterable<NewDevice>,
    behaviour?: FleetBehaviour,
    startsOffline?: (deviceId: string) => boolean,
  ): Promise<LightDevices>;
  /** The connection string of any policy; undefined for an unknown name. */
  policyConnectionString(policy: string): string | undefined;
  /** Closes all connections and stops all jobs, which resume at the next start on the same store. */
  close(): Promise<void>;
}

/**
 * Starts a local IoT Hub: service API over HTTPS, devices over MQTT (TLS, and WebSocket on the port of the service).
 * @throws AgentError PortInUse, StateUnwritable
 */
export async function startLocalIotHub(options: LocalIotHubOptions = {}): Promise<LocalIotHub> {
  const { clock = systemClock, log = silentLog, hubName = 'localhost', host = '127.0.0.1' } = options;
  const certificates = options.certificates ?? (await ensureCertificates(undefined, [hubName, host], clock));
  let gateway: DeviceGateway | undefined;
  const state = await openHubState({
    hostName: hubName,
    limits: limitsOf(options.tier ?? 'unlimited', options.units ?? 1),
    store: options.store,
    clock,
    log,
    gateway: () => gateway ?? UNREACHABLE,
    jobStartDelayMs: options.jobStartDelayMs ?? 100,
  });
  const network = await createMqttGateway(state.directory, { hostName: hubName, clock, log });
  const methodCalls = new MethodCalls();
  const around = (devices: DeviceGateway): DeviceGateway =>
    countingGateway(options.scripted ? scriptedGateway(devices, options.scripted, clock) : devices, methodCalls);
  gateway = around(network);
  const servers = await openServers(options, { state, network, certificates });
  const { caPem } = certificates;
  const hub = new RunningHub({ hubName, caPem, methodCalls, state, network, servers }, (light) => {
    gateway = around(joinGateways(network, light));
  });
  if (options.store) await state.jobs.load(options.store);
  return hub;
}

/** Used until the gateways exist: no device is reachable yet. */
const UNREACHABLE: DeviceGateway = {
  isConnected: () => false,
  invokeMethod: () => Promise.resolve({ kind: 'notOnline' }),
  notifyDesired: () => undefined,
  disconnect: () => undefined,
};

interface Servers {
  readonly service: ListeningServer;
  readonly mqtt: ListeningServer;
}

async function openServers(
  options: LocalIotHubOptions,
  dependencies: { readonly state: HubState; readonly network: MqttGateway; readonly certificates: Certificates },
): Promise<Servers> {
  const { host = '127.0.0.1', port = 0, mqttPort = 0 } = options;
  const { certPem: cert, keyPem: key } = dependencies.certificates;
  const serviceServer: Server = createServiceServer({ ...options, ...dependencies, cert, key });
  const mqttServer: Server = createMqttServer({ cert, key }, (socket) => dependencies.network.handleTls(socket));
  options.onServer?.(serviceServer);
  options.onServer?.(mqttServer);
  let service: ListeningServer | undefined;
  try {
    service = await listen(serviceServer, { host, port });
    return { service, mqtt: await listen(mqttServer, { host, port: mqttPort }) };
  } catch (error) {
    // The broker has timers, which would keep the process alive after a failed start.
    await service?.close();
    await dependencies.network.close();
    throw error;
  }
}

interface HubParts {
  readonly hubName: string;
  readonly caPem: string;
  readonly methodCalls: MethodCalls;
  readonly state: HubState;
  readonly network: MqttGateway;
  readonly servers: Servers;
}

class RunningHub implements LocalIotHub {
  readonly #parts: HubParts;
  readonly #onLight: (light: LightDevices) => void;
  #light: LightDevices | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: HubParts, onLight: (light: LightDevices) => void) {
    this.#parts = parts;
    this.#onLight = onLight;
  }

  get hostName(): string {
    return this.#parts.hubName;
  }
  get address(): string {
    return this.#parts.servers.service.address;
  }
  get mqttAddress(): string {
    return this.#parts.servers.mqtt.address;
  }
  get caPem(): string {
    return this.#parts.caPem;
  }
  get methodCalls(): MethodCalls {
    return this.#parts.methodCalls;
  }
  get connectionString(): string {
    return this.policyConnectionString('iothubowner') ?? '';
  }
  get serviceConnectionString(): string {
    return this.policyConnectionString('service') ?? '';
  }

  policyConnectionString(name: string): string | undefined {
    const policy: Policy | undefined = this.#parts.state.policies.get(name);
    return (
      policy && `HostName=${this.hostName};SharedAccessKeyName=${policy.name};SharedAccessKey=${policy.primaryKey}`
    );
  }

  async registerDevice(deviceId: string, options: Omit<NewDevice, 'deviceId'> = {}): Promise<RegisteredDevice> {
    await this.registerDevices([{ deviceId, ...options }]);
    const key = this.#parts.state.endpoints.find({ deviceId })?.record.authentication.symmetricKey?.primaryKey;
    return { deviceId, connectionString: this.#deviceConnectionString(deviceId, key) };
  }

  #deviceConnectionString(deviceId: string, key: string | undefined): string {
    const isDefaultPort = this.mqttAddress.endsWith(':8883');
    if (key === undefined) {
      // With a certificate the SDK for Node.js ignores GatewayHostName, but it accepts a port in HostName.
      const port = isDefaultPort ? '' : `:${this.mqttAddress.split(':').at(-1)}`;
      return `HostName=${this.hostName}${port};DeviceId=${deviceId};x509=true`;
    }
    const gateway = isDefaultPort ? '' : `;GatewayHostName=${this.mqttAddress}`;
    return `HostName=${this.hostName};DeviceId=${deviceId};SharedAccessKey=${key}${gateway}`;
  }

  async registerDevices(devices: Iterable<NewDevice>): Promise<void> {
    await registerDevices(this.#parts.state, devices);
  }

  async addLightDevices(
    devices: Iterable<NewDevice>,
    behaviour?: FleetBehaviour,
    startsOffline?: (deviceId: string) => boolean,
  ): Promise<LightDevices> {
    const light = createLightDevices({
      directory: this.#parts.state.directory,
      deviceIds: await registerDevices(this.#parts.state, devices),
      ...(behaviour ? { behaviour } : {}),
      ...(startsOffline ? { startsOffline } : {}),
    });
    // A device that was disabled before the hub stopped has no connection to lose, so it must be notified.
    for (const { record } of this.#parts.state.endpoints.devices.walk()) {
      if (record.status === 'disabled') light.disconnect({ deviceId: record.deviceId });
    }
    this.#light = light;
    this.#onLight(light);
    return light;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { state, network, servers } = this.#parts;
    await state.jobs.close();
    this.#light?.close();
    await Promise.all([servers.service.close(), servers.mqtt.close()]);
    await network.close();
    await state.journal.flush();
  }
}
