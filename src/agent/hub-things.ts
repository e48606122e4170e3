import type { Clock } from '../core/clock.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { EdgeThing } from '../edge/thing.js';
import { RefusedCounts } from '../jobs/refused-counts.js';
import type { Store } from '../store/store.js';
import type { AgentConfig } from './config/agent-config.js';
import type { OpenHub } from './hubs.js';
import { buildThing } from './things.js';
import { packageVersion } from './version.js';

export interface HubThingsOptions {
  readonly config: AgentConfig;
  readonly hub: OpenHub;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

/** The Things that stand for one hub. */
export interface HubThings {
  readonly things: readonly EdgeThing[];
  /** Begins to look at the hub: its state and its jobs. */
  watch(): void;
  stop(): Promise<void>;
}

/** Makes the Things of one hub. @throws AgentError as `buildThing`. */
export async function startHubThings(options: HubThingsOptions): Promise<HubThings> {
  const { config, hub } = options;
  const shared = { hub, refusedCounts: new RefusedCounts() };
  const things: EdgeThing[] = [];
  for (const thing of config.things.filter(({ iothub }) => iothub === hub.config.name)) {
    things.push(await buildThing(config, thing, shared));
  }
  return {
    things,
    watch() {
      for (const thing of things) thing.setProperty('agentVersion', packageVersion());
      hub.port.onStatus((status) => things.forEach((thing) => thing.setProperty('hubStatus', status)));
    },
    stop: () => Promise.resolve(),
  };
}
