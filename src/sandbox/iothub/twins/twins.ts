import { isPlainObject } from '../../../core/objects.js';
import type { Clock } from '../../../core/clock.js';
import { isMatch, type Match, wireTime } from '../answers/wire-values.js';
import { argumentInvalid, deviceNotFound, moduleNotFound, preconditionFailed } from '../answers/service-error.js';
import { type Endpoint, endpointId, type EndpointRecord } from '../model/endpoint.js';
import type { DeviceGateway, EndpointId } from '../ports.js';
import type { Endpoints } from '../state/endpoints.js';
import type { Journal } from '../state/journal.js';
import { mergePlain, mergeSection, replaceSection, stampOf } from '../model/section.js';
import { twinEtag } from './twin-document.js';
import { checkTwinContent, checkTwinSize } from './twin-rules.js';

type Json = Readonly<Record<string, unknown>>;

/** A change of tags and desired properties; `null` clears a section, `undefined` keeps it. */
export interface TwinChange {
  readonly tags: Json | null | undefined;
  readonly desired: Json | null | undefined;
}

export interface TwinsOptions {
  readonly endpoints: Endpoints;
  readonly journal: Journal;
  readonly gateway: () => DeviceGateway;
  readonly clock: Clock;
}

/** Checks, applies and stores changes of twins, and sends them to the device. */
export class Twins {
  readonly #options: TwinsOptions;

  constructor(options: TwinsOptions) {
    this.#options = options;
  }

  /** @throws ServiceError DeviceNotFound, ModuleNotFound */
  find(id: EndpointId): Endpoint {
    const found = this.#options.endpoints.find(id);
    if (found) return found;
    throw id.moduleId === undefined ? deviceNotFound(id.deviceId) : moduleNotFound(id.deviceId, id.moduleId);
  }

  /** Merges a patch from the service side into the twin. Resolves once the change is stored. */
  patch(endpoint: Endpoint, change: TwinChange, match: Match): Promise<void> {
    return this.#change(endpoint, match, (record, time) => {
      const version = record.desired.version + 1;
      return {
        ...(change.tags === undefined
          ? {}
          : { tags: change.tags === null ? {} : mergePlain(record.tags, change.tags) }),
        ...(change.desired === undefined
          ? {}
          : {
              desired: change.desired
                ? mergeSection(record.desired, change.desired, stampOf(time, version), version)
                : replaceSection({}, stampOf(time, version), version),
              notice: change.desired ?? clearingPatch(record.desired.properties),
            }),
      };
    });
  }

  /** Replaces the given sections. Resolves once the change is stored. */
  replace(endpoint: Endpoint, change: TwinChange, match: Match): Promise<void> {
    return this.#change(endpoint, match, (record, time) => {
      const version = record.desired.version + 1;
      const desired =
        change.desired === undefined
          ? undefined
          : replaceSection(change.desired ?? {}, stampOf(time, version), version);
      return {
        ...(change.tags === undefined ? {} : { tags: mergePlain({}, change.tags ?? {}) }),
        ...(desired === undefined
          ? {}
          : { desired, notice: replacingPatch(record.desired.properties, desired.properties) }),
      };
    });
  }

  /**
   * Merges a device's patch into its reported properties; resolves with the new version once it is stored. Awaits nothing
   * but the store, so that a hundred thousand devices that report at once do not accumulate promises.
   */
  async patchReported(endpoint: Endpoint, patch: unknown): Promise<number> {
    const { endpoints, journal, clock } = this.#options;
    checkTwinContent('reported', patch);
    if (journal.isFailing) await journal.checkWritable();
    const { reported } = endpoint.record;
    const version = reported.version + 1;
    const merged = mergeSection(reported, patch, stampOf(wireTime(clock.nowMs())), version);
    checkTwinSize('reported', merged.properties);
    endpoints.update(endpoint, { reported: merged });
    if (journal.isDirty) await journal.flush();
    return version;
  }

  async #change(
    endpoint: Endpoint,
    match: Match,
    make: (record: EndpointRecord, time: string) => Partial<EndpointRecord> & { readonly notice?: Json },
  ): Promise<void> {
    const { endpoints, journal, gateway, clock } = this.#options;
    await journal.checkWritable();
    if (!isMatch(match, twinEtag(endpoint))) throw preconditionFailed('twin');
    const { notice, ...changes } = make(endpoint.record, wireTime(clock.nowMs()));
    if (changes.tags) checkTwinSize('tags', changes.tags);
    if (changes.desired) checkTwinSize('desired', changes.desired.properties);
    if (changes.tags || changes.desired) {
      endpoints.update(endpoint, { ...changes, twinVersion: endpoint.record.twinVersion + 1 });
    }
    await journal.flush();
    if (notice && changes.desired) {
      gateway().notifyDesired(endpointId(endpoint.record), notice, changes.desired.version);
    }
  }
}

/**
 * Reads the parts of a twin that the service side may change; `reported` is ignored.
 * @throws ServiceError ArgumentInvalid
 */
export function readTwinChange(body: unknown): TwinChange {
  if (!isPlainObject(body)) throw argumentInvalid('The body must be a JSON object.');
  const { tags, properties } = body;
  if (properties !== undefined && properties !== null && !isPlainObject(properties)) {
    throw argumentInvalid('properties must be a JSON object.');
  }
  const desired = isPlainObject(properties) ? withoutReadOnly(properties['desired']) : undefined;
  if (tags !== undefined && tags !== null) checkTwinContent('tags', tags);
  if (desired !== undefined && desired !== null) checkTwinContent('desired', desired);
  return { tags, desired };
}

/** SDKs send whole twins back, so the members that the hub adds to a section are removed. */
function withoutReadOnly(section: unknown): unknown {
  if (!isPlainObject(section)) return section;
  const { $metadata: _metadata, $version: _version, ...rest } = section;
  return rest;
}

/** Returns the patch that clears a section on the device: a device removes only keys whose value is null. */
export const clearingPatch = (properties: Json): Json =>
  Object.fromEntries(Object.keys(properties).map((key) => [key, null]));

/** Returns the patch that changes `before` to `after` on the device; it contains all of `after`. */
export function replacingPatch(before: Json, after: Json): Json {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    patch[key] = isPlainObject(value) && isPlainObject(old) ? replacingPatch(old, value) : value;
  }
  return patch;
}
