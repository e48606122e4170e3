import type { BaseType } from '../../alwayson/codec/base-types.js';
import { INTEGER_RANGE } from '../parameter-types.js';
import { LIMITS } from '../schema.js';
import { type DtdlObject, leftOver, listAt, quoted, textAt } from './model.js';
import type { Converted } from './schemas.js';

/** Converts an enumeration. The names of its values are for people only, so they go into the description. */
export function convertEnum(schema: DtdlObject): Converted {
  const isText = textAt(schema, 'valueSchema') === 'string';
  const entries = listAt(schema, 'enumValues', []).map(({ object }) => object);
  const isFitting = (item: unknown): item is string | number =>
    isText ? typeof item === 'string' : typeof item === 'number' && Number.isFinite(item);
  const values = [...new Set(entries.map((entry) => entry['enumValue']).filter(isFitting))];
  const named = entries.filter((entry) => isNamed(entry) && isFitting(entry['enumValue']));
  const meaning = named.map((entry) => `${String(entry['enumValue'])} = ${textAt(entry, 'name')}`).join(', ');
  const losses = [
    ...leftOver(schema, 'Enum', ['@id', 'enumValues', 'valueSchema']),
    ...(meaning === '' ? [] : [`the names of its values are in its description only: ${meaning}`]),
    ...entries.flatMap((entry) => lossesOfValue(entry, isFitting(entry['enumValue']))),
  ];
  if (values.length === 0) return { kind: 'json', why: `is an enumeration without values, ${quoted(schema)}`, losses };
  const common = { kind: 'value', baseType: baseTypeOf(values), ...(meaning === '' ? {} : { meaning }) } as const;
  if (values.length > LIMITS.enumValues) {
    return {
      ...common,
      losses: [...losses, `its ${values.length} values, more than ${LIMITS.enumValues}, are not checked`],
    };
  }
  return { ...common, enum: values, losses };
}

const isNamed = (entry: DtdlObject): boolean => {
  const name = textAt(entry, 'name');
  return name !== '' && name !== String(entry['enumValue']);
};

function lossesOfValue(entry: DtdlObject, isFitting: boolean): string[] {
  if (!isFitting) return [`left out: the value ${quoted(entry)}, which is not of the valueSchema`];
  const rest = leftOver(entry, 'EnumValue', ['name', 'enumValue']);
  return rest.map((loss) => `value ${String(entry['enumValue'])}: ${loss}`);
}

function baseTypeOf(values: readonly (string | number)[]): BaseType {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length) return 'STRING';
  if (numbers.some((value) => !Number.isSafeInteger(value))) return 'NUMBER';
  const isShort = numbers.every((value) => value >= INTEGER_RANGE.minimum && value <= INTEGER_RANGE.maximum);
  return isShort ? 'INTEGER' : 'LONG';
}
