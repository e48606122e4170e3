import type { Clock } from '../../core/clock.js';
import type { HubPort, HubStatus } from '../../iothub/ports.js';

/** Tracks how a hub responds. */
export interface HubStatusTracker {
  /** Undefined before the first response. */
  readonly current: HubStatus | undefined;
  /** When the hub last responded, on the monotonic clock; -Infinity before the first response. */
  readonly respondedAtMs: number;
  stop(): void;
}

/** @param onChange called synchronously when the status changes. */
export function trackHubStatus(hub: HubPort, clock: Clock, onChange: (status: HubStatus) => void): HubStatusTracker {
  let current: HubStatus | undefined;
  let respondedAtMs = -Infinity;
  const stop = hub.onStatus((status) => {
    respondedAtMs = clock.monotonicMs();
    if (status === current) return;
    current = status;
    onChange(status);
  });
  return {
    get current() {
      return current;
    },
    get respondedAtMs() {
      return respondedAtMs;
    },
    stop,
  };
}
