import { type BaseType, isBaseType } from '../../alwayson/codec/base-types.js';
import { convertLoose, makeField, nativeToJson } from '../../alwayson/values.js';
import { isPlainObject } from '../../core/objects.js';
import { isAgentError } from '../../core/errors.js';
import type { PlatformProperty, PropertyBinding } from './model/definitions.js';

/** A property that was added to a Thing, as JSON. */
export interface KeptProperty {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  readonly aspects: Readonly<Record<string, unknown>>;
  readonly isReadOnly: boolean;
  readonly remote: PropertyBinding | null;
  readonly defaultValue: unknown;
}

export function keptProperty({ definition, isReadOnly, remote, defaultValue }: PlatformProperty): KeptProperty {
  const { name, baseType, description } = definition;
  const aspects = Object.fromEntries([...definition.aspects].map(([aspect, { value }]) => [aspect, value]));
  const kept = defaultValue === undefined ? null : nativeToJson(baseType, defaultValue);
  return { name, baseType, description, aspects, isReadOnly, remote: remote ?? null, defaultValue: kept };
}

/** Undefined for what no release of the sandbox has written. */
export function restoredProperty(kept: unknown): PlatformProperty | undefined {
  if (!isPlainObject(kept)) return undefined;
  const { name, baseType, description, aspects, isReadOnly, remote, defaultValue } = kept as Partial<KeptProperty>;
  if (typeof name !== 'string' || typeof baseType !== 'string' || !isBaseType(baseType)) return undefined;
  const initial = defaultOf(baseType, defaultValue);
  return {
    definition: makeField(name, baseType, { description: description ?? '', aspects: aspects ?? {} }),
    isReadOnly: isReadOnly === true,
    ...(remote ? { remote } : {}),
    ...(initial === undefined ? {} : { defaultValue: initial }),
  };
}

function defaultOf(baseType: BaseType, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  try {
    return convertLoose(baseType, value);
  } catch (error) {
    if (isAgentError(error)) return undefined;
    throw error;
  }
}
