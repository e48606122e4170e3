import type { InfoTable } from '../../alwayson/codec/values-model.js';
import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import type { AlwaysOnServer } from './alwayson/alwayson-server.js';
import type { Archive } from './archive.js';
import type { PlatformService } from './model/definitions.js';
import type { PlatformThing } from './model/thing.js';
import type { Things } from './model/things.js';

/** A call of a service, with its depth in a chain of scripts that call each other. */
export interface ServiceRun {
  readonly thing: PlatformThing;
  readonly service: PlatformService;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** 0 for a call from outside. */
  readonly depth: number;
}

/** The parts of the local platform that its routes use. */
export interface Platform {
  readonly things: Things;
  readonly alwaysOn: AlwaysOnServer;
  readonly archive: Archive;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs a service, remote or script, with JSON-like inputs. Throws ServiceFailure. */
  run(call: ServiceRun): Promise<InfoTable | null>;
}
