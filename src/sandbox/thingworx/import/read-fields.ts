import { type BaseType, isBaseType } from '../../../alwayson/codec/base-types.js';
import type { FieldDefinition } from '../../../alwayson/codec/values-model.js';
import { convertLoose, makeField } from '../../../alwayson/values.js';
import { isAgentError } from '../../../core/errors.js';
import { ImportRefused } from './import-refused.js';
import type { XmlElement } from './xml.js';

const ASPECT = 'aspect.';
/** The default value as an export writes it. One that the sandbox cannot convert to the base type is left out. */
const DEFAULT = 'defaultValue';

/** Returns the attribute `name`. @throws ImportRefused if it is missing or empty. */
export function nameOf({ name: element, attributes }: XmlElement): string {
  const { name = '' } = attributes;
  if (name === '') throw new ImportRefused(`a ${element} has no name`);
  return name;
}

/** Newer platforms have further base types for the names of entities, such as THINGGROUPNAME. */
const NAME_OF_ENTITY = /^[A-Z]{3,40}NAME$/;

/**
 * Returns the base type of an element. A type for entity names that only newer platforms have is read as STRING.
 * @throws ImportRefused for any other unknown base type
 */
export function baseTypeOf(element: XmlElement): BaseType {
  const { baseType = '' } = element.attributes;
  if (isBaseType(baseType)) return baseType;
  if (NAME_OF_ENTITY.test(baseType)) return 'STRING';
  const { name = '' } = element.attributes;
  throw new ImportRefused(
    `${element.name} ${name}: the base type "${baseType}" does not exist in ThingWorx; correct it in the file`,
  );
}

/** Reads a FieldDefinition, or any other element with the same attributes. */
export function readField(element: XmlElement): FieldDefinition {
  const name = nameOf(element);
  const baseType = baseTypeOf(element);
  return makeField(name, baseType, {
    description: element.attributes['description'] ?? '',
    aspects: aspectsOf(element, baseType),
  });
}

/** Reads fields and sorts them by ordinal. */
export function readFields(elements: readonly XmlElement[]): FieldDefinition[] {
  return elements
    .map((element) => ({ field: readField(element), ordinal: Number(element.attributes['ordinal'] ?? 0) || 0 }))
    .sort((a, b) => a.ordinal - b.ordinal)
    .map(({ field }) => field);
}

/** Returns an aspect as text. */
export const aspectOf = (element: XmlElement, name: string): string | undefined =>
  element.attributes[`${ASPECT}${name}`];

function aspectsOf(element: XmlElement, baseType: BaseType): Readonly<Record<string, unknown>> {
  const aspects: Record<string, unknown> = {};
  for (const [attribute, text] of Object.entries(element.attributes)) {
    if (!attribute.startsWith(ASPECT)) continue;
    const name = attribute.slice(ASPECT.length);
    aspects[name] = name === DEFAULT ? defaultOf(element, baseType) : typed(text);
  }
  return aspects;
}

/** Returns the default value in its base type; undefined if there is none or it cannot be read. */
export function defaultOf(element: XmlElement, baseType: BaseType): unknown {
  const text = aspectOf(element, DEFAULT);
  if (text === undefined || text === '') return undefined;
  try {
    return convertLoose(baseType, baseType === 'JSON' ? JSON.parse(text) : text);
  } catch (error) {
    if (isAgentError(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function typed(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
