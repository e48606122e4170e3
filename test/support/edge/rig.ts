import type { ConnectionStatus } from '../../../src/alwayson/session-types.js';
import { EdgeClient, type EdgeClientOptions } from '../../../src/edge/edge-client.js';
import type { EdgeThing } from '../../../src/edge/thing.js';
import { ManualClock, settle } from '../manual-clock.js';
import { type MemoryPlatform, memoryPlatform } from './memory-platform.js';
import type { PlatformEnd, PlatformPolicy } from './platform-end.js';
import { recordingLog } from '../recording-log.js';

export interface Rig {
  readonly clock: ManualClock;
  readonly platform: MemoryPlatform;
  readonly client: EdgeClient;
  readonly log: ReturnType<typeof recordingLog>;
  readonly statuses: ConnectionStatus[];
  /** The newest connection, as the platform sees it. */
  readonly end: PlatformEnd;
}

/** A client and a platform in one process, on a clock that stands still. The random number is always 0.5. */
export function rig(
  things: readonly EdgeThing[],
  options: { readonly policy?: Partial<PlatformPolicy>; readonly client?: Partial<EdgeClientOptions> } = {},
): Rig {
  const clock = new ManualClock();
  const platform = memoryPlatform(options.policy);
  const log = recordingLog();
  const statuses: ConnectionStatus[] = [];
  const client = new EdgeClient({
    url: 'wss://platform.example',
    appKey: 'the-key',
    dial: platform.dial,
    clock,
    log,
    random: () => 0.5,
    ...options.client,
  });
  client.on('status', (status) => statuses.push(status));
  for (const thing of things) client.addThing(thing);
  return {
    clock,
    platform,
    client,
    log,
    statuses,
    get end() {
      return platform.end;
    },
  };
}

/** The same, bound. */
export async function boundRig(...parameters: Parameters<typeof rig>): Promise<Rig> {
  const made = rig(...parameters);
  await made.client.start();
  await settle();
  return made;
}
