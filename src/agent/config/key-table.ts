import { z } from 'zod';
import { configurationSchema } from './schema.js';

/** Stands in a key's path for a name of the user's choice. */
export const ANY_NAME = '<name>';
/** Stands in a key's path for the index of a list item. */
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
  /** Whether it names the file of a secret, which must not be readable by others. */
  readonly isSecretFile: boolean;
  /** Whether it may hold a password inside a URL. */
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

/** The JSON Schema of what a configuration file may hold. */
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
    // zod writes the safe integers' ends where no bound was set
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

/** Every key, groups before what is in them, in the order of the schema. */
export const CONFIGURATION_KEYS: readonly KeyDescription[] = keysBelow(configurationJsonSchema() as SchemaNode, []);
