import type { InfoTable } from '../../alwayson/codec/values-model.js';
import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import type { AlwaysOnServer } from './alwayson/alwayson-server.js';
import type { PlatformService } from './model/definitions.js';
import type { PlatformThing } from './model/thing.js';
import type { Things } from './model/things.js';

/** The parts of the local platform, as its routes see them. */
export interface Platform {
  readonly things: Things;
  readonly alwaysOn: AlwaysOnServer;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs a service, remote or script, with JSON-like inputs. Throws RestError. */
  run(
    thing: PlatformThing,
    service: PlatformService,
    inputs: Readonly<Record<string, unknown>>,
  ): Promise<InfoTable | null>;
  /** Told after Things were made, changed or deleted. */
  changed(thing: PlatformThing): void;
}
