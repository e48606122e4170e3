import type { DeviceBehaviour } from './behaviour.js';

/** What the fleet's process needs to run a device. */
export interface FleetDevice {
  readonly deviceId: string;
  /**
   * Contains the key, so it is sent over the channel between the processes, never in a command line or the environment.
   */
  readonly connectionString: string;
  readonly behaviour: DeviceBehaviour;
}

/** A message from the sandbox to the fleet's process. */
export type FleetCommand =
  | { readonly type: 'configure'; readonly caPem?: string; readonly maxParallelConnects: number }
  /** Adds devices; all except those configured to stay offline start to connect. */
  | { readonly type: 'add'; readonly devices: readonly FleetDevice[] }
  | { readonly type: 'start' | 'stop'; readonly deviceId: string }
  | { readonly type: 'close' };

/** A message from the fleet's process to the sandbox. */
export interface FleetReport {
  readonly type: 'state';
  readonly deviceId: string;
  readonly isOnline: boolean;
}
