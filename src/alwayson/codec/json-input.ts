import { AgentError } from '../../core/errors.js';

/** A JSON object whose members have not been checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The error of a JSON value that is not what is expected at `path`. */
export function jsonInvalid(path: string, wanted: string): AgentError {
  return new AgentError('InvalidArgument', `${path} must be ${wanted}.`, { context: { path } });
}

export function objectAt(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw jsonInvalid(path, 'an object');
  return value as JsonObject;
}

export function listAt(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw jsonInvalid(path, 'a list');
  return value;
}

export function textAt(value: unknown, path: string): string {
  if (typeof value !== 'string') throw jsonInvalid(path, 'a string');
  return value;
}

export function booleanAt(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw jsonInvalid(path, 'true or false');
  return value;
}

/** A whole number from 0 to `largest`. */
export function countAt(value: unknown, path: string, largest: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= largest) return value;
  throw jsonInvalid(path, `a whole number from 0 to ${largest}`);
}

/** Bytes in hex, with an even number of digits. */
export function hexAt(value: unknown, path: string): Buffer {
  const text = textAt(value, path);
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) throw jsonInvalid(path, 'bytes in hex');
  return Buffer.from(text, 'hex');
}

/** Bytes in base64. */
export function base64At(value: unknown, path: string): Uint8Array {
  const text = textAt(value, path);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw jsonInvalid(path, 'bytes in base64');
  return new Uint8Array(bytes);
}
