import type { JsonSchema } from '../json-schema.js';

/** A schema without its descriptions and defaults. */
export function checkedPart(schema: JsonSchema): JsonSchema {
  const {
    description: _description,
    default: _default,
    contentEncoding: _encoding,
    properties,
    items,
    ...rest
  } = schema;
  const members = Object.entries(properties ?? {}).map(([name, member]) => [name, checkedPart(member)]);
  return {
    ...rest,
    ...(properties ? { properties: Object.fromEntries(members) as Record<string, JsonSchema> } : {}),
    ...(items ? { items: checkedPart(items) } : {}),
  };
}
