/**
 * A device script: how simulated devices behave, by patterns of their ids. Which devices fail is the same at every
 * start, so that a test or a demonstration can rely on it.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AgentError } from '../core/errors.js';
import { checkDocument } from '../documents/check.js';
import { formatProblem } from '../documents/problem.js';
import { readDocument } from '../documents/read.js';

const pattern = z.string().min(1).max(256);
const MAX_RULES = 1000;

const rule = z
  .strictObject({
    devices: pattern.describe('Ids of devices; * stands for any characters.'),
    method: pattern.optional().describe('Names of methods, in the same way; all if omitted.'),
    failPercent: z.number().min(0).max(100).optional().describe('How many of the devices fail; all if omitted.'),
    failFirst: z.int().min(1).max(1_000_000).optional().describe('Only the first calls of each device fail.'),
    status: z.int().min(100).max(999).optional().describe('The status of a failing call; 500 if omitted.'),
    offlineSeconds: z.int().min(1).max(2_000_000).optional().describe('How long the devices stay offline at first.'),
    delayMs: z.int().min(0).max(600_000).optional().describe('How long each call takes, beside the method itself.'),
  })
  .refine(({ method, offlineSeconds }) => method === undefined || offlineSeconds === undefined, {
    path: ['offlineSeconds'],
    message: 'cannot be combined with method: a device is offline for all of its methods',
  });

const script = z.array(rule).max(MAX_RULES);

export type DeviceRule = z.output<typeof rule>;

/** What happens to one call of a method, beside what the device does. */
export interface ScriptedCall {
  /** The status of the call in place of the device's. */
  readonly failure?: number;
  readonly delayMs: number;
}

const DEFAULT_STATUS = 500;

/** Decides how devices behave, and counts their calls for `failFirst`. */
export class DeviceScript {
  readonly #rules: readonly DeviceRule[];
  readonly #calls = new Map<string, number>();

  constructor(rules: readonly DeviceRule[]) {
    this.#rules = rules;
  }

  /** Counts a call of a method; undefined where no rule is for it. The first rule that is for it decides. */
  call(deviceId: string, methodName: string): ScriptedCall | undefined {
    const index = this.#rules.findIndex((candidate) => isForCall(candidate, deviceId, methodName));
    const found = this.#rules[index];
    if (!found) return undefined;
    const { delayMs = 0, status = DEFAULT_STATUS } = found;
    return this.#fails(found, index, deviceId) ? { failure: status, delayMs } : { delayMs };
  }

  /** How long a device stays offline at first; the longest of the rules that are for it, 0 for none. */
  offlineSeconds(deviceId: string): number {
    const seconds = this.#rules
      .filter(({ devices, offlineSeconds }) => offlineSeconds !== undefined && matches(devices, deviceId))
      .map(({ offlineSeconds = 0 }) => offlineSeconds);
    return Math.max(0, ...seconds);
  }

  /** The different times, other than 0, that devices stay offline. */
  get offlineTimes(): readonly number[] {
    return [...new Set(this.#rules.map(({ offlineSeconds = 0 }) => offlineSeconds))].filter((seconds) => seconds > 0);
  }

  #fails({ failPercent, failFirst, status }: DeviceRule, index: number, deviceId: string): boolean {
    if (failPercent === undefined && failFirst === undefined && status === undefined) return false;
    if (!isPicked(deviceId, failPercent ?? 100)) return false;
    if (failFirst === undefined) return true;
    const key = `${index} ${deviceId}`;
    const calls = this.#calls.get(key) ?? 0;
    if (calls < failFirst) this.#calls.set(key, calls + 1);
    return calls < failFirst;
  }
}

/**
 * Reads a device script from a YAML or JSON file.
 * @throws AgentError `DocumentUnreadable`; `ConfigurationInvalid` with every error and its place.
 */
export async function readDeviceScript(file: string): Promise<DeviceScript> {
  const checked = checkDocument(await readDocument(file), script);
  if (!checked.ok) throw new AgentError('ConfigurationInvalid', checked.problems.map(formatProblem).join('\n'));
  return new DeviceScript(checked.value);
}

/** A rule that only keeps devices offline decides about no call. */
function isForCall(candidate: DeviceRule, deviceId: string, methodName: string): boolean {
  const { devices, method = '*', failPercent, failFirst, status, delayMs } = candidate;
  const isAboutCalls = [failPercent, failFirst, status, delayMs].some((value) => value !== undefined);
  return isAboutCalls && matches(devices, deviceId) && matches(method, methodName);
}

/**
 * Whether a device is among `percent` of all. Of ids that end in a number, exactly so many of every hundred in a row are;
 * of others, about as many, by a hash of the id.
 */
function isPicked(deviceId: string, percent: number): boolean {
  const digits = /\d{1,15}$/.exec(deviceId)?.[0];
  if (digits === undefined) return hashPercent(deviceId) < percent;
  const number = Number(digits);
  return countPicked(number, percent) > countPicked(number - 1, percent);
}

/** How many of the devices 1 to `count` are picked. The small addition keeps 10 * 0.1 from being 0.999. */
const countPicked = (count: number, percent: number): number => Math.floor((count * percent) / 100 + 1e-9);

/** A number from 0 to below 100. */
function hashPercent(deviceId: string): number {
  return (createHash('sha256').update(deviceId).digest().readUInt32BE() / 2 ** 32) * 100;
}

/** Each part between two `*` is taken where it occurs first, which leaves the most for the parts after it. */
function matches(wanted: string, text: string): boolean {
  const [first = '', ...parts] = wanted.split('*');
  const last = parts.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
