import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { deferred } from '../../core/promises.js';
import { type Log, silentLog } from '../../core/log.js';
import { behaviourOf, type FleetBehaviour, QUIET_FLEET } from './behaviour.js';
import type { FleetCommand, FleetDevice, FleetReport } from './fleet-messages.js';

export interface FleetOptions {
  /** The devices; their order determines the behaviour of each. */
  readonly devices: readonly { readonly deviceId: string; readonly connectionString: string }[];
  /** A CA that the devices trust in addition to the default ones. */
  readonly caPem?: string;
  readonly behaviour?: FleetBehaviour;
  /** Devices that are offline until they are started, in addition to those of the behaviour. */
  readonly startsOffline?: (deviceId: string) => boolean;
  /** How many devices may connect at the same time. */
  readonly maxParallelConnects?: number;
  /** How long `startFleet`, `start` and `stop` wait for devices before they resolve without them. */
  readonly timeoutMs?: number;
  readonly log?: Log;
}

/** Simulated devices on the Azure SDK, in a separate process. */
export interface Fleet {
  readonly deviceIds: readonly string[];
  isOnline(deviceId: string): boolean;
  /** Connects a device and waits until it is online; false for an unknown device. */
  start(deviceId: string): Promise<boolean>;
  /** Disconnects a device and waits until it is offline; false for an unknown device. */
  stop(deviceId: string): Promise<boolean>;
  /** The id of the process, for measurements; undefined if there are no devices. */
  readonly pid: number | undefined;
  /** Disconnects all devices and ends the process. */
  close(): Promise<void>;
}

const DEFAULT_PARALLEL_CONNECTS = 50;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEVICES_PER_MESSAGE = 500;
const CLOSE_TIMEOUT_MS = 5000;
const RESTART_PAUSE_MS = 1000;

/**
 * Starts the devices; resolves once all except those configured to stay offline are connected, or after `timeoutMs`.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const fleet = new DeviceFleet(options);
  await fleet.begin();
  return fleet;
}

class DeviceFleet implements Fleet {
  readonly #options: FleetOptions;
  readonly #log: Log;
  readonly #devices: ReadonlyMap<string, FleetDevice>;
  /** The devices that should be online. */
  readonly #wanted = new Set<string>();
  readonly #online = new Set<string>();
  readonly #watchers = new Set<() => void>();
  #child: ChildProcess | undefined;
  #isClosing = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    const fleet = options.behaviour ?? QUIET_FLEET;
    const devices = options.devices.map((device, index) => ({ ...device, behaviour: behaviourOf(index, fleet) }));
    this.#devices = new Map(devices.map((device) => [device.deviceId, device]));
    const isOffline = options.startsOffline ?? (() => false);
    for (const { deviceId, behaviour } of devices)
      if (!behaviour.isOffline && !isOffline(deviceId)) this.#wanted.add(deviceId);
  }

  get deviceIds(): readonly string[] {
    return [...this.#devices.keys()];
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async begin(): Promise<void> {
    if (this.#devices.size === 0) return;
    this.#spawn();
    await this.#until(() => [...this.#wanted].every((deviceId) => this.#online.has(deviceId)));
  }

  isOnline(deviceId: string): boolean {
    return this.#online.has(deviceId);
  }

  async start(deviceId: string): Promise<boolean> {
    if (!this.#devices.has(deviceId)) return false;
    this.#wanted.add(deviceId);
    this.#send({ type: 'start', deviceId });
    await this.#until(() => this.#online.has(deviceId));
    return true;
  }

  async stop(deviceId: string): Promise<boolean> {
    if (!this.#devices.has(deviceId)) return false;
    this.#wanted.delete(deviceId);
    this.#send({ type: 'stop', deviceId });
    await this.#until(() => !this.#online.has(deviceId));
    return true;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = deferred();
    child.once('exit', () => exited.resolve());
    this.#send({ type: 'close' });
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
    await exited.promise;
    clearTimeout(timer);
  }

  #spawn(): void {
    const child = fork(processFile(), [], {
      env: {},
      // Dependencies of the SDK use deprecated functions of Node.js.
      execArgv: ['--no-deprecation'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (report: FleetReport) => this.#onState(report));
    child.on('error', (error) => this.#log.error({ err: error }, 'the process of the simulated devices failed'));
    child.once('exit', () => this.#onExit());
    const { caPem, maxParallelConnects = DEFAULT_PARALLEL_CONNECTS } = this.#options;
    this.#send({ type: 'configure', maxParallelConnects, ...(caPem === undefined ? {} : { caPem }) });
    const devices = [...this.#devices.values()].map((device) => this.#withWantedState(device));
    for (let at = 0; at < devices.length; at += DEVICES_PER_MESSAGE) {
      this.#send({ type: 'add', devices: devices.slice(at, at + DEVICES_PER_MESSAGE) });
    }
  }

  /** A device that was stopped must stay stopped when the process is restarted. */
  #withWantedState(device: FleetDevice): FleetDevice {
    return { ...device, behaviour: { ...device.behaviour, isOffline: !this.#wanted.has(device.deviceId) } };
  }

  #onExit(): void {
    this.#online.clear();
    this.#notifyWatchers();
    if (this.#isClosing) return;
    this.#log.error({}, 'the process of the simulated devices ended; restarting it');
    setTimeout(() => {
      if (!this.#isClosing) this.#spawn();
    }, RESTART_PAUSE_MS).unref();
  }

  #onState({ deviceId, isOnline }: FleetReport): void {
    if (isOnline) this.#online.add(deviceId);
    else this.#online.delete(deviceId);
    this.#notifyWatchers();
  }

  #notifyWatchers(): void {
    for (const watch of this.#watchers) watch();
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        resolve();
      };
      const watch = (): void => {
        if (isSo() || this.#isClosing) finish();
      };
      const timer = setTimeout(finish, this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      this.#watchers.add(watch);
      watch();
    });
  }

  #send(command: FleetCommand): void {
    if (this.#child?.connected) this.#child.send(command, () => undefined);
  }
}

/** Returns the built program: beside this file, or in `dist` if this file runs from its source. */
function processFile(): string {
  const beside = join(__dirname, 'fleet-process.js');
  return existsSync(beside) ? beside : resolve(__dirname, '../../../dist/sandbox/fleet/fleet-process.js');
}
