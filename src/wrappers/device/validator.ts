/**
 * The check that a device stub carries: the few keywords of JSON Schema that payload schemas use, as TypeScript text
 * without dependencies.
 */
export const VALIDATOR_SOURCE = `
/** A payload that is not what the service sends. The message names the place. */
export class PayloadError extends Error {}

interface Schema {
  readonly type?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

function check(value: unknown, schema: Schema, at: string): void {
  const refuse = (what: string): never => {
    throw new PayloadError((at === '' ? 'the payload' : at) + ' ' + what);
  };
  if (schema.const !== undefined && !isSame(value, schema.const)) refuse('must be ' + JSON.stringify(schema.const));
  if (schema.type !== undefined && !isOfType(value, schema.type)) refuse('must be of type ' + schema.type);
  if (schema.enum && !schema.enum.includes(value)) refuse('must be one of ' + schema.enum.join(', '));
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) refuse('must be at least ' + schema.minimum);
    if (schema.maximum !== undefined && value > schema.maximum) refuse('must be at most ' + schema.maximum);
  } else if (typeof value === 'string') {
    const length = [...value].length;
    if (schema.minLength !== undefined && length < schema.minLength) refuse('is too short');
    if (schema.maxLength !== undefined && length > schema.maxLength) refuse('is too long');
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) refuse('must match ' + schema.pattern);
    if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) refuse('must be a date and time');
  } else if (Array.isArray(value)) {
    const items = schema.items ?? {};
    value.forEach((item: unknown, index) => check(item, items, at + '/' + index));
  } else if (typeof value === 'object' && value !== null) {
    checkMembers(value as { readonly [name: string]: unknown }, schema, at);
  }
}

function checkMembers(value: { readonly [name: string]: unknown }, schema: Schema, at: string): void {
  for (const name of schema.required ?? []) {
    if (!has(value, name)) throw new PayloadError(at + '/' + name + ' is missing');
  }
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    if (has(value, name)) check(value[name], member, at + '/' + name);
  }
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

const has = (value: object, name: string): boolean => Object.prototype.hasOwnProperty.call(value, name);

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
`.trim();
