/** How the devices of a fleet behave; the `fleet` part of the sandbox's options, without the content of the twins. */
export interface FleetBehaviour {
  /** Share of the devices that stay offline, 0 to 1. */
  readonly offlineShare: number;
  /** Share of the devices that answer every method with status 500. */
  readonly failingShare: number;
  /** How long a device takes to answer a method or to apply a desired property. */
  readonly latencyMs: number;
  /** Average time after which a device drops its connection and reconnects; 0 for never. */
  readonly reconnectSeconds: number;
}

/** How one device of a fleet behaves. */
export interface DeviceBehaviour {
  readonly isOffline: boolean;
  readonly isFailing: boolean;
  readonly latencyMs: number;
  readonly reconnectSeconds: number;
}

export const QUIET_FLEET: FleetBehaviour = { offlineShare: 0, failingShare: 0, latencyMs: 0, reconnectSeconds: 0 };

/**
 * Returns the behaviour of the device at `index` (from 0). It is the same at every start, and the shares are spread
 * evenly: a share of 0.2 of 10 devices is exactly 2. Failing devices are chosen among those that are online if possible.
 */
export function behaviourOf(index: number, fleet: FleetBehaviour): DeviceBehaviour {
  const isOffline = isPicked(index, fleet.offlineShare);
  const onlineIndex = index - countPicked(index, fleet.offlineShare);
  const onlineShare = 1 - fleet.offlineShare;
  const failingOfOnline = onlineShare > 0 ? Math.min(1, fleet.failingShare / onlineShare) : 0;
  return {
    isOffline,
    isFailing: !isOffline && isPicked(onlineIndex, failingOfOnline),
    latencyMs: fleet.latencyMs,
    reconnectSeconds: fleet.reconnectSeconds,
  };
}

function isPicked(index: number, share: number): boolean {
  return countPicked(index + 1, share) > countPicked(index, share);
}

/** Returns how many of the first `count` devices are picked. The small addend compensates rounding errors of doubles. */
function countPicked(count: number, share: number): number {
  return Math.floor(count * share + 1e-9);
}
