import type { WrapperService } from '../definition.js';
import { type JsonSchema, payloadSchema } from '../json-schema.js';
import { docComment, schemaType } from '../typescript-types.js';

/** A twin update and the part of its patch that the device sees: its desired properties, all of them optional. */
export interface DesiredService {
  readonly service: WrapperService;
  readonly schema: JsonSchema;
}

/** The twin updates that set desired properties; tags never reach the device. */
export function desiredServices(services: readonly WrapperService[]): DesiredService[] {
  return services.flatMap((service) => {
    if (service.kind !== 'twinUpdate') return [];
    const schema = payloadSchema(service).properties?.['properties']?.properties?.['desired'];
    return schema ? [{ service, schema: withoutRequired(schema) }] : [];
  });
}

/** A change may contain any part of what was set, so nothing is required. */
function withoutRequired(schema: JsonSchema): JsonSchema {
  const { required: _required, description: _description, default: _default, ...rest } = schema;
  if (!schema.properties) return { ...rest, ...(schema.description ? { description: schema.description } : {}) };
  const members = Object.entries(schema.properties).map(([name, member]) => [name, withoutRequired(member)]);
  return { ...rest, properties: Object.fromEntries(members) as Record<string, JsonSchema> };
}

const typeName = ({ service }: DesiredService): string => `${service.name}Desired`;

const handlerName = ({ service }: DesiredService): string =>
  `on${service.name.charAt(0).toUpperCase()}${service.name.slice(1)}`;

/** Types, handlers and the registration for desired properties. */
export function twinSource(services: readonly DesiredService[], prefix: string): string {
  const name = `${prefix}DesiredHandlers`;
  return [
    ...services.flatMap((desired) => [
      ...docComment(`Desired properties that ${desired.service.name} sets. ${desired.service.description}`.trim()),
      `export type ${typeName(desired)} = ${schemaType(desired.schema)};`,
      '',
    ]),
    ...docComment('Called with the desired properties, initially and after each change.'),
    `export interface ${name} {`,
    ...services.map((desired) => `  ${handlerName(desired)}?(desired: ${typeName(desired)}): void;`),
    ...docComment('Called if a desired property is invalid.', '  '),
    '  onProblem?(problem: PayloadError): void;',
    '}',
    '',
    ...docComment('Passes the desired properties of a twin to the handlers, initially and after each change.'),
    `export function register${prefix}Desired(twin: Twin, handlers: ${name}): void {`,
    "  twin.on('properties.desired', (desired: unknown) => {",
    ...services.map(
      (desired) =>
        `    pass(desired, ${JSON.stringify(checkedPart(desired.schema))}, handlers, (part) => handlers.${handlerName(desired)}?.(part as ${typeName(desired)}));`,
    ),
    '  });',
    '}',
    '',
    passSource(name),
  ].join('\n');
}

const passSource = (name: string): string =>
  `
function pass(desired: unknown, schema: Schema, handlers: ${name}, handle: (part: unknown) => void): void {
  const part = commonPart(desired, schema);
  if (part === undefined) return;
  try {
    check(part, schema, '');
  } catch (error) {
    if (error instanceof PayloadError) handlers.onProblem?.(error);
    return;
  }
  handle(part);
}

/** The members of a value that a schema knows and that were not removed (null); undefined if there are none. */
function commonPart(value: unknown, schema: Schema): unknown {
  if (value === null || value === undefined) return undefined;
  if (!schema.properties || typeof value !== 'object') return value;
  const members = value as { readonly [name: string]: unknown };
  const known = Object.entries(schema.properties)
    .filter(([member]) => has(members, member))
    .map(([member, inner]) => [member, commonPart(members[member], inner)] as const)
    .filter(([, part]) => part !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
`.trim();

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
