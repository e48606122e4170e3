import type { JsonValue } from '../edge/definitions.js';
import type { ValueKind, ValueRule, WrapperParameter, WrapperService } from './definition.js';
import { INTEGER_RANGE } from './parameter-types.js';
import { type PayloadNode, payloadTree } from './payload-tree.js';

/** A JSON Schema with the few keywords that payloads need. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly const?: JsonValue;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: 'date-time';
  readonly contentEncoding?: 'base64';
  readonly default?: JsonValue;
}

/** The JSON Schema of what a service sends: the payload of the method, or the patch of the twin. */
export function payloadSchema(service: WrapperService): JsonSchema {
  const parameters = new Map(service.parameters.map((parameter) => [parameter.name, parameter]));
  return nodeSchema(payloadTree(service), parameters).schema;
}

/** The text of the file for a service. */
export function payloadSchemaFile(service: WrapperService): string {
  const { description } = service;
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', title: service.name };
  const schema = { ...head, ...(description === '' ? {} : { description }), ...payloadSchema(service) };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

interface MemberSchema {
  readonly schema: JsonSchema;
  /** Whether every payload contains it. */
  readonly isCertain: boolean;
}

function nodeSchema(node: PayloadNode, parameters: ReadonlyMap<string, WrapperParameter>): MemberSchema {
  if (node.kind === 'constant') return { schema: { const: node.value }, isCertain: true };
  if (node.kind === 'parameter') return parameterSchema(parameters.get(node.name));
  const members = node.members.map(([name, member]) => ({ name, ...nodeSchema(member, parameters) }));
  const required = members.filter(({ isCertain }) => isCertain).map(({ name }) => name);
  const properties = Object.fromEntries(members.map(({ name, schema }) => [name, schema]));
  const schema: JsonSchema = { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
  return { schema, isCertain: required.length > 0 };
}

function parameterSchema(parameter: WrapperParameter | undefined): MemberSchema {
  if (!parameter) return { schema: {}, isCertain: false };
  const { description, rule, defaultValue } = parameter;
  const schema = {
    ...(description === '' ? {} : { description }),
    ...ruleSchema(rule),
    ...(defaultValue === undefined ? {} : { default: defaultValue }),
  };
  return { schema, isCertain: parameter.required || defaultValue !== undefined };
}

const number: JsonSchema = { type: 'number' };

const BASES: Readonly<Record<ValueKind, JsonSchema>> = {
  text: { type: 'string' },
  number,
  integer: { type: 'integer', ...INTEGER_RANGE },
  long: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  boolean: { type: 'boolean' },
  datetime: { type: 'string', format: 'date-time' },
  location: {
    type: 'object',
    properties: { latitude: number, longitude: number, elevation: number },
    required: ['latitude', 'longitude', 'elevation'],
  },
  json: {},
  table: { type: 'array' },
  binary: { type: 'string', contentEncoding: 'base64' },
  tags: { type: 'array', items: { type: 'string', pattern: '^[^:]+:[^:]+$' } },
};

function ruleSchema(rule: ValueRule): JsonSchema {
  const base = BASES[rule.kind];
  if (rule.kind === 'table') return { ...base, items: rowSchema(rule) };
  const { minimum = base.minimum, maximum = base.maximum, minLength, maxLength, pattern = base.pattern } = rule;
  const bounds = { minimum, maximum, minLength, maxLength, pattern, enum: rule.enum };
  const given = Object.entries(bounds).filter(([, value]) => value !== undefined);
  return { ...base, ...(Object.fromEntries(given) as JsonSchema) };
}

function rowSchema(rule: ValueRule): JsonSchema {
  const fields = (rule.fields ?? []).map((field) => [field.name, ruleSchema(field.rule)]);
  return { type: 'object', properties: Object.fromEntries(fields) as Record<string, JsonSchema> };
}
