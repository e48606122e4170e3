import type { DeviceBehaviour } from './behaviour.js';

/** A device as the fleet's process is told of it. */
export interface FleetDevice {
  readonly deviceId: string;
  /** With the key: it goes over the channel between the processes, never over a command line or the environment. */
  readonly connectionString: string;
  readonly behaviour: DeviceBehaviour;
}

/** From the sandbox to the fleet's process. */
export type FleetCommand =
  | { readonly type: 'configure'; readonly caPem?: string; readonly maxParallelConnects: number }
  /** Makes them known; those that are not to stay offline begin to connect. */
  | { readonly type: 'add'; readonly devices: readonly FleetDevice[] }
  | { readonly type: 'start' | 'stop'; readonly deviceId: string }
  | { readonly type: 'close' };

/** From the fleet's process to the sandbox. */
export interface FleetReport {
  readonly type: 'state';
  readonly deviceId: string;
  readonly isOnline: boolean;
}
