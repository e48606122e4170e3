/**
 * The check that a device stub carries: the few keywords of JSON Schema that payload schemas use, as TypeScript text
 * without dependencies.
 */
export const VALIDATOR_SOURCE = `
/** Thrown for an invalid payload. The message names the place in it. */
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
  const { type } = schema;
  if (schema.const !== undefined && !isSame(value, schema.const)) refuse(at, 'must be ' + JSON.stringify(schema.const));
  if (type !== undefined && !isOfType(value, type)) refuse(at, 'must be of type ' + type);
  if (schema.enum && !schema.enum.includes(value)) refuse(at, 'must be one of ' + schema.enum.join(', '));
  if (typeof value === 'number') checkNumber(value, schema, at);
  else if (typeof value === 'string') checkText(value, schema, at);
  else if (Array.isArray(value)) checkItems(value, schema.items ?? {}, at);
  else if (typeof value === 'object' && value !== null) {
    checkMembers(value as { readonly [name: string]: unknown }, schema, at);
  }
}

function refuse(at: string, what: string): never {
  throw new PayloadError((at === '' ? 'the payload' : at) + ' ' + what);
}

function checkNumber(value: number, { minimum, maximum }: Schema, at: string): void {
  if (minimum !== undefined && value < minimum) refuse(at, 'must be at least ' + minimum);
  if (maximum !== undefined && value > maximum) refuse(at, 'must be at most ' + maximum);
}

function checkText(value: string, { minLength, maxLength, pattern, format }: Schema, at: string): void {
  const length = Array.from(value).length;
  if (minLength !== undefined && length < minLength) refuse(at, 'must have a length of at least ' + minLength);
  if (maxLength !== undefined && length > maxLength) refuse(at, 'must have a length of at most ' + maxLength);
  if (pattern !== undefined && !new RegExp(pattern).test(value)) refuse(at, 'must match ' + pattern);
  if (format === 'date-time' && Number.isNaN(Date.parse(value))) refuse(at, 'must be a date and time');
}

function checkItems(values: readonly unknown[], schema: Schema, at: string): void {
  values.forEach((value, index) => check(value, schema, at + '/' + index));
}

function checkMembers(value: { readonly [name: string]: unknown }, schema: Schema, at: string): void {
  for (const name of schema.required ?? []) {
    if (!has(value, name)) refuse(at + '/' + name, 'is missing');
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
