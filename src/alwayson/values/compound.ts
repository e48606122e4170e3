import { isPlainObject } from '../../core/objects.js';
import { isLong } from '../codec/compound.js';
import type { ThingCode, TimeSpan, Vector } from '../codec/values-model.js';
import { getOwn } from './native.js';
import { REFUSED, toDate, toInteger, toLong, toNumber } from './scalars.js';

/** The wire value of an unset start or end of a TIMESPAN, as PTC's Java SDK writes it. */
const UNSET_MS = -1;

type VectorPart = keyof Vector;

/** A VEC2, VEC3 or VEC4 from an object with all of `parts`. */
export function toVector(input: unknown, parts: readonly VectorPart[]): unknown {
  if (!isPlainObject(input)) return REFUSED;
  const numbers = parts.map((part) => [part, toNumber(getOwn(input, part))] as const);
  return numbers.every(([, number]) => typeof number === 'number') ? Object.fromEntries(numbers) : REFUSED;
}

/** A THINGCODE from an object with `domainId` and `instanceId`. */
export function toThingCode(input: unknown): unknown {
  if (!isPlainObject(input)) return REFUSED;
  const domainId = toInteger(getOwn(input, 'domainId'));
  const instanceId = toLong(getOwn(input, 'instanceId'));
  return domainId === REFUSED || instanceId === REFUSED ? REFUSED : { domainId, instanceId };
}

/** A TIMESPAN from an object with any of `start`, `end` (dates) and `period` (text). */
export function toTimeSpan(input: unknown): unknown {
  if (!isPlainObject(input)) return REFUSED;
  const start = toMoment(getOwn(input, 'start'));
  const end = toMoment(getOwn(input, 'end'));
  const period = getOwn(input, 'period') ?? '';
  if (start === REFUSED || end === REFUSED || typeof period !== 'string') return REFUSED;
  return { ...(start !== undefined && { start }), ...(end !== undefined && { end }), period };
}

function toMoment(input: unknown): unknown {
  return input === undefined || input === null || input === UNSET_MS ? undefined : toDate(input);
}

/** The wire value of a vector; undefined for anything else. */
export function vector(native: unknown, parts: readonly VectorPart[]): Vector | undefined {
  if (!isPlainObject(native)) return undefined;
  const numbers = parts.map((part) => [part, getOwn(native, part)] as const);
  if (!numbers.every(([, number]) => typeof number === 'number')) return undefined;
  return Object.fromEntries(numbers) as unknown as Vector;
}

/** The wire value of a Thing's code; undefined for anything else. */
export function thingCode(native: unknown): ThingCode | undefined {
  if (!isPlainObject(native)) return undefined;
  const { domainId, instanceId } = native;
  if (typeof domainId !== 'number' || (domainId | 0) !== domainId || !isLong(instanceId)) return undefined;
  return { domainId, instanceId };
}

/** The wire value of a native time span, whose start and end are Dates or absent; undefined for anything else. */
export function timeSpanFromNative(native: unknown): TimeSpan | undefined {
  if (!isPlainObject(native)) return undefined;
  const start = momentMs(native['start']);
  const end = momentMs(native['end']);
  const period = native['period'] ?? '';
  if (start === undefined || end === undefined || typeof period !== 'string') return undefined;
  return { start, end, period };
}

function momentMs(native: unknown): number | undefined {
  if (native === undefined || native === null) return UNSET_MS;
  const ms = native instanceof Date ? native.getTime() : native;
  return Number.isSafeInteger(ms) ? (ms as number) : undefined;
}

/** A native time span with Dates; an unset start or end is omitted. */
export function timeSpanToNative({ start, end, period }: TimeSpan): Readonly<Record<string, unknown>> {
  return {
    ...(start !== UNSET_MS && { start: new Date(start) }),
    ...(end !== UNSET_MS && { end: new Date(end) }),
    period,
  };
}
