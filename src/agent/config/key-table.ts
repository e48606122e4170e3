import { z } from 'zod';
import { configurationSchema } from './schema.js';

/** Represents a user-chosen name in the path of a key. */
export const ANY_NAME = '<name>';
/** Represents the index of a list item in the path of a key. */
export const ANY_INDEX = '<n>';

export type KeyKind = 'boolean' | 'integer' | 'number' | 'text' | 'textList' | 'list' | 'group' | 'namedGroups';

/** One key of the configuration, read from the schema. */
export interface KeyDescription {
  /** With ANY_NAME and ANY_INDEX where the user chooses. */
  readonly path: readonly string[];
  readonly kind: KeyKind;
  readonly description: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** Whether it names a secret file, which others must not be able to read. */
  readonly isSecretFile: boolean;
  /** Whether it is a URL that may contain a password. */
  readonly isProxy: boolean;
  readonly defaultValue?: unknown;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-secret'?: boolean;
  readonly 'x-secretFile'?: boolean;
  readonly 'x-proxy'?: boolean;
}

/** The JSON Schema of a configuration file. */
export function configurationJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configurationSchema, { io: 'input' }) as Record<string, unknown>;
  // Editors that resolve merge keys themselves still see the maps that hold the anchors.
  return { title: 'Configuration of thingworx-iothub-agent', ...schema, patternProperties: { '^x-': {} } };
}

function keysBelow(node: SchemaNode, path: readonly string[]): KeyDescription[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    keysAt(child, [...path, key], node.required?.includes(key) ?? false),
  );
}

function keysAt(node: SchemaNode, path: readonly string[], isRequired: boolean): KeyDescription[] {
  const kind = kindOf(node);
  const own: KeyDescription = {
    path,
    kind,
    description: node.description ?? '',
    isRequired,
    isSecret: node['x-secret'] ?? false,
    isSecretFile: node['x-secretFile'] ?? false,
    isProxy: node['x-proxy'] ?? false,
    ...(kind === 'group' || node.default === undefined ? {} : { defaultValue: node.default }),
    ...(node.enum ? { choices: node.enum } : {}),
    // zod writes the limits of safe integers where no bound is set.
    ...(isBound(node.minimum) ? { minimum: node.minimum } : {}),
    ...(isBound(node.maximum) ? { maximum: node.maximum } : {}),
  };
  if (kind === 'group') return [own, ...keysBelow(node, path)];
  if (kind === 'namedGroups')
    return [own, ...keysAt(node.additionalProperties as SchemaNode, [...path, ANY_NAME], false)];
  if (kind === 'list') return [own, ...keysAt(node.items as SchemaNode, [...path, ANY_INDEX], false)];
  return [own];
}

const isBound = (value: number | undefined): value is number =>
  value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;

function kindOf(node: SchemaNode): KeyKind {
  if (node.type === 'object') return typeof node.additionalProperties === 'object' ? 'namedGroups' : 'group';
  if (node.type === 'array') return node.items?.type === 'string' ? 'textList' : 'list';
  if (node.type === 'boolean' || node.type === 'integer' || node.type === 'number') return node.type;
  return 'text';
}

/** Every key in the order of the schema, groups before their members. */
export const CONFIGURATION_KEYS: readonly KeyDescription[] = keysBelow(configurationJsonSchema() as SchemaNode, []);
