import type { PayloadKind } from './base-types.js';
import { DOUBLE_PARTS } from './compound.js';
import { base64At, jsonInvalid, objectAt, textAt } from './json-input.js';
import type { ScalarPayload } from './primitive.js';
import type { ThingCode, TimeSpan, Value } from './values-model.js';

/** Numbers that have no JSON form. */
const SPECIAL_NUMBERS = new Map<string, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

const same = (value: Value): unknown => value;

const TO_JSON: Readonly<Record<ScalarPayload, (value: Value, payload: PayloadKind) => unknown>> = {
  nothing: same,
  string: same,
  boolean: same,
  datetime: same,
  integer: same,
  timespan: same,
  number: (value) => numberToJson(value as number),
  long: longToJson,
  bytes: (value) => Buffer.from(value as Uint8Array).toString('base64'),
  location: doublesToJson,
  vec2: doublesToJson,
  vec3: doublesToJson,
  vec4: doublesToJson,
  thingcode: (value) => {
    const { domainId, instanceId } = value as ThingCode;
    return { domainId, instanceId: longToJson(instanceId) };
  },
};

const unchecked = (json: unknown): Value => json as Value;

const FROM_JSON: Readonly<Record<ScalarPayload, (json: unknown, path: string, payload: PayloadKind) => Value>> = {
  nothing: () => null,
  string: textAt,
  boolean: unchecked,
  datetime: unchecked,
  integer: unchecked,
  timespan: timeSpanFromJson,
  number: numberFromJson,
  long: longFromJson,
  bytes: base64At,
  location: doublesFromJson,
  vec2: doublesFromJson,
  vec3: doublesFromJson,
  vec4: doublesFromJson,
  thingcode: thingCodeFromJson,
};

/** Returns the JSON form of a scalar value in a frame. */
export const scalarToJson = (payload: ScalarPayload, value: Value): unknown => TO_JSON[payload](value, payload);

/**
 * Returns the value of a JSON form. Whether its kind and range fit the base type is checked when it is encoded. Throws
 * AgentError InvalidArgument, which names the place below `path`.
 */
export const scalarFromJson = (payload: ScalarPayload, json: unknown, path: string): Value =>
  FROM_JSON[payload](json, path, payload);

function numberToJson(value: number): number | string {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return Object.is(value, -0) ? '-0' : String(value);
}

function longToJson(value: Value): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** Returns the JSON form of a value that consists of doubles: an object with its parts. */
function doublesToJson(value: Value, payload: PayloadKind): unknown {
  const doubles = value as unknown as Readonly<Record<string, number>>;
  const parts = DOUBLE_PARTS[payload] ?? [];
  return Object.fromEntries(parts.map((part) => [part, numberToJson(doubles[part] as number)]));
}

function numberFromJson(json: unknown, path: string): number {
  if (typeof json === 'number') return json;
  const special = SPECIAL_NUMBERS.get(String(json));
  if (special === undefined) throw jsonInvalid(path, 'a number, "NaN", "Infinity" or "-Infinity"');
  return special;
}

/** Returns a LONG from digits in a string, or from a JSON number. */
function longFromJson(json: unknown, path: string): number | bigint {
  if (typeof json !== 'string') return json as number;
  if (!/^-?\d{1,19}$/.test(json)) throw jsonInvalid(path, 'a whole number');
  return BigInt(json);
}

function thingCodeFromJson(json: unknown, path: string): ThingCode {
  const { domainId, instanceId } = objectAt(json, path);
  return { domainId: domainId as number, instanceId: longFromJson(instanceId, `${path}.instanceId`) };
}

function timeSpanFromJson(json: unknown, path: string): TimeSpan {
  const { start, end, period } = objectAt(json, path);
  return { start: start as number, end: end as number, period: textAt(period ?? '', `${path}.period`) };
}

function doublesFromJson(json: unknown, path: string, payload: PayloadKind): Value {
  const value = objectAt(json, path);
  const parts = DOUBLE_PARTS[payload] ?? [];
  const doubles = parts.map((part) => [part, numberFromJson(value[part], `${path}.${part}`)]);
  return Object.fromEntries(doubles) as unknown as Value;
}
