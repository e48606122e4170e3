import { isPlainObject } from '../../../core/objects.js';
import type { TwinSection } from '../ports.js';

type Json = Readonly<Record<string, unknown>>;

/** Desired or reported properties as they are stored. Immutable: a change creates new objects. */
export interface Section {
  readonly properties: Json;
  /** `$lastUpdated` (and for desired `$lastUpdatedVersion`) of each level, in the shape of the properties. */
  readonly metadata: Json;
  readonly version: number;
}

/** The metadata written for everything that a change touches. */
export type Stamp = Readonly<Record<string, unknown>>;

/** Metadata of a change at `time`; desired properties also carry the version. */
export const stampOf = (time: string, version?: number): Stamp =>
  version === undefined ? { $lastUpdated: time } : { $lastUpdated: time, $lastUpdatedVersion: version };

export const emptySection = (stamp: Stamp): Section => ({ properties: {}, metadata: stamp, version: 1 });

/**
 * Applies a JSON merge patch (RFC 7386): objects merge, null removes, and everything else, including arrays, replaces.
 */
export function mergeSection(section: Section, patch: Json, stamp: Stamp, version: number): Section {
  const [properties, metadata] = mergeLevel(section.properties, section.metadata, patch, stamp);
  return { properties, metadata, version };
}

/** The section with exactly these properties. */
export const replaceSection = (properties: Json, stamp: Stamp, version: number): Section =>
  mergeSection({ properties: {}, metadata: {}, version: 0 }, properties, stamp, version);

/** Applies a merge patch to plain JSON without metadata, such as tags. */
export const mergePlain = (target: Json, patch: Json): Json => mergeLevel(target, {}, patch, {})[0];

function mergeLevel(target: Json, metadata: Json, patch: Json, stamp: Stamp): [Json, Json] {
  const merged: Record<string, unknown> = { ...target };
  const mergedMetadata: Record<string, unknown> = { ...metadata, ...stamp };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      delete merged[key];
      delete mergedMetadata[key];
    } else if (isPlainObject(value)) {
      const inner = isPlainObject(merged[key]) ? merged[key] : {};
      const innerMetadata = isPlainObject(merged[key]) && isPlainObject(mergedMetadata[key]) ? mergedMetadata[key] : {};
      [merged[key], mergedMetadata[key]] = mergeLevel(inner, innerMetadata, value, stamp);
    } else {
      merged[key] = value;
      mergedMetadata[key] = stamp;
    }
  }
  return [merged, mergedMetadata];
}

/** The section as the service API returns it. */
export const sectionDocument = (section: Section): TwinSection => ({
  ...section.properties,
  $metadata: section.metadata,
  $version: section.version,
});

/** The section as a device receives it. */
export const sectionForDevice = (section: Section): TwinSection => ({
  ...section.properties,
  $version: section.version,
});
