import { isPlainObject } from '../../../core/objects.js';
import { argumentInvalid } from '../answers/service-error.js';

const KIB = 1024;

/** Limits of twins [HUB A.6] (devguide-device-twins, "Tags and properties format"). */
const MAX_BYTES = { tags: 8 * KIB, desired: 32 * KIB, reported: 32 * KIB };
const MAX_KEY_BYTES = KIB;
const MAX_VALUE_BYTES = 4 * KIB;
/** How deeply objects may be nested below the section. */
const MAX_DEPTH = 10;
const MIN_INTEGER = -4_503_599_627_370_496;
const MAX_INTEGER = 4_503_599_627_370_495;
/** Not allowed in keys: control characters (C0, C1), dot, dollar sign and space. */
// eslint-disable-next-line no-control-regex
const FORBIDDEN_IN_KEY = /[\u0000-\u0020\u007f-\u009f.$]/u;
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/gu;

export type SectionName = keyof typeof MAX_BYTES;

/**
 * Checks a patch, or a whole section, for forbidden keys, depth and single values.
 * @throws ServiceError ArgumentInvalid with the path of the offending value
 */
export function checkTwinContent(name: SectionName, content: unknown): asserts content is Record<string, unknown> {
  if (!isPlainObject(content)) throw argumentInvalid(`${name} must be a JSON object.`);
  checkLevel(name, content, { depth: 0, isInList: false });
}

/** The position of a value in its section. */
interface Place {
  readonly depth: number;
  /** Whether the value is inside an array at any depth. A merge does not enter arrays, so null would have no meaning. */
  readonly isInList: boolean;
}

/**
 * Checks the size of a whole section, after a merge.
 * @throws ServiceError ArgumentInvalid
 */
export function checkTwinSize(name: SectionName, properties: Readonly<Record<string, unknown>>): void {
  const size = sizeOf(properties);
  if (size <= MAX_BYTES[name]) return;
  throw argumentInvalid(`${name} would have ${size} bytes; at most ${MAX_BYTES[name]} are allowed.`);
}

function checkLevel(path: string, level: object, place: Place): void {
  if (place.depth > MAX_DEPTH) throw argumentInvalid(`${shorten(path)} is nested deeper than ${MAX_DEPTH} levels.`);
  const isList = Array.isArray(level);
  const inside = { depth: place.depth + 1, isInList: place.isInList || isList };
  for (const [key, value] of Object.entries(level)) {
    if (!isList) checkKey(path, key);
    checkValue(`${path}.${key}`, value, inside);
  }
}

function checkKey(path: string, key: string): void {
  if (key === '' || key === '__proto__' || FORBIDDEN_IN_KEY.test(key)) {
    throw argumentInvalid(`${shorten(path)} has the key ${JSON.stringify(key.slice(0, 64))}, which is not allowed.`);
  }
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw argumentInvalid(`${shorten(path)} has a key of more than ${MAX_KEY_BYTES} bytes.`);
  }
}

function checkValue(path: string, value: unknown, inside: Place): void {
  if (typeof value === 'object' && value !== null) checkLevel(path, value, inside);
  else if (value === null && inside.isInList) {
    throw argumentInvalid(`${shorten(path)} is null inside a list, which is not allowed; leave the item out.`);
  } else if (typeof value === 'string' && textBytes(value) > MAX_VALUE_BYTES) {
    throw argumentInvalid(`${shorten(path)} has more than ${MAX_VALUE_BYTES} bytes.`);
  } else if (isInteger(value) && (value < MIN_INTEGER || value > MAX_INTEGER)) {
    throw argumentInvalid(`${shorten(path)} is outside the range of integers from ${MIN_INTEGER} to ${MAX_INTEGER}.`);
  }
}

const isInteger = (value: unknown): value is number | bigint =>
  typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));

/** Returns the size of a value: UTF-8 bytes of keys and texts without control characters, 8 per number, 4 per Boolean. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'number') return 8;
  if (typeof value === 'boolean') return 4;
  return typeof value === 'object' && value !== null ? sizeOfMembers(value) : 0;
}

function sizeOfMembers(container: object): number {
  let size = 0;
  for (const [key, value] of Object.entries(container)) {
    size += (Array.isArray(container) ? 0 : textBytes(key)) + sizeOf(value);
  }
  return size;
}

const textBytes = (text: string): number => Buffer.byteLength(text.replace(CONTROL_CHARACTERS, ''));

const shorten = (path: string): string => (path.length <= 128 ? path : `${path.slice(0, 125)}...`);
