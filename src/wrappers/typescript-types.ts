import type { JsonSchema } from './json-schema.js';

/** The TypeScript type of what a schema describes, written over several lines where it is an object. */
export function schemaType(schema: JsonSchema, indent = ''): string {
  if (schema.const !== undefined) return constType(schema.const);
  if (schema.enum) return schema.enum.map((value) => quoted(value)).join(' | ');
  if (schema.type === 'object') return objectType(schema, indent);
  if (schema.type === 'array') return `ReadonlyArray<${schemaType(schema.items ?? {}, indent)}>`;
  return schema.type === 'integer' ? 'number' : (schema.type ?? 'unknown');
}

function objectType(schema: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const mark = schema.required?.includes(name) ? '' : '?';
    return [
      ...docComment(member.description, inner),
      `${inner}readonly ${memberName(name)}${mark}: ${schemaType(member, inner)};`,
    ];
  });
  return members.length === 0 ? 'Readonly<Record<string, unknown>>' : ['{', ...members, `${indent}}`].join('\n');
}

const constType = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? quoted(value) : 'unknown';

/** A string, number or BOOLEAN as a literal; negative zero and its like are JSON's matter. */
export const quoted = (value: string | number | boolean): string =>
  typeof value === 'string'
    ? `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
    : JSON.stringify(value);

/** The name of a member, quoted where it must be. */
export const memberName = (name: string): string => (/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : quoted(name));

/** A doc comment on one line; none for no text. */
export function docComment(text: string | undefined, indent = ''): string[] {
  if (text === undefined || text === '') return [];
  return [`${indent}/** ${text.replaceAll(/\s+/g, ' ').replaceAll('*/', '* /')} */`];
}

/** `acme-device-maintenance` as `AcmeDeviceMaintenance`. */
export const pascalCase = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .filter((part) => part !== '')
    .map((part) => part[0]?.toUpperCase() + part.slice(1))
    .join('');

/** Names in PascalCase, each of them different, by the names given. */
export function distinctPascalCase(names: readonly string[], suffix: string): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    names.map((name) => {
      const wanted = pascalCase(name);
      let chosen = `${wanted}${suffix}`;
      for (let number = 2; taken.has(chosen); number += 1) chosen = `${wanted}${number}${suffix}`;
      taken.add(chosen);
      return [name, chosen];
    }),
  );
}
