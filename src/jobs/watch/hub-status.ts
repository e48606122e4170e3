import type { Clock } from '../../core/clock.js';
import type { HubPort, HubStatus } from '../../iothub/ports.js';

/** Follows how a hub answers. */
export interface HubStatusTracker {
  /** `undefined` before the first answer. */
  readonly current: HubStatus | undefined;
  /** When the hub was last heard of, by the monotonic clock; -Infinity before the first answer. */
  readonly heardAtMs: number;
  stop(): void;
}

/** @param onChange called at once when the status differs from the one before. */
export function trackHubStatus(hub: HubPort, clock: Clock, onChange: (status: HubStatus) => void): HubStatusTracker {
  let current: HubStatus | undefined;
  let heardAtMs = -Infinity;
  const stop = hub.onStatus((status) => {
    heardAtMs = clock.monotonicMs();
    if (status === current) return;
    current = status;
    onChange(status);
  });
  return {
    get current() {
      return current;
    },
    get heardAtMs() {
      return heardAtMs;
    },
    stop,
  };
}
