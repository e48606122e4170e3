import type { JsonValue } from '../edge/definitions.js';
import type { JsonSchema } from './json-schema.js';

/** Generates a value that satisfies a schema, for documentation. */
export function exampleOf(schema: JsonSchema): JsonValue {
  const given = schema.const ?? schema.default ?? schema.enum?.[0];
  if (given !== undefined) return given;
  return schema.type === undefined ? {} : EXAMPLES[schema.type](schema);
}

const exampleNumber = ({ minimum = 1, maximum = 1 }: JsonSchema): number => Math.min(maximum, Math.max(minimum, 1));

const EXAMPLES: Readonly<Record<NonNullable<JsonSchema['type']>, (schema: JsonSchema) => JsonValue>> = {
  object: ({ properties = {} }) =>
    Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, exampleOf(member)])),
  array: ({ items = {} }) => (items.pattern ? ['Vocabulary:Term'] : [exampleOf(items)]),
  string: exampleText,
  number: exampleNumber,
  integer: exampleNumber,
  boolean: () => true,
};

function exampleText(schema: JsonSchema): string {
  if (schema.format === 'date-time') return '2026-01-31T08:00:00.000Z';
  return schema.contentEncoding ? 'AAEC' : '...';
}
