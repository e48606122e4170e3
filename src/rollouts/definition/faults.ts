import { isAgentError } from '../../core/errors.js';
import { invalidParameter } from '../../edge/parameter-rules.js';

/** An error at one place in the parameters of a roll-out. */
export interface Fault {
  /** The parameter, then keys and indexes below it: `['abort', 0, 'percent']`. */
  readonly path: FaultPath;
  /** Continues the name of the place, without the full stop: `must be ...`. */
  readonly problem: string;
}

export type FaultPath = readonly [parameter: string, ...steps: (string | number)[]];

/** @throws AgentError `InvalidArgument` naming parameter and place of the first fault, if there is one. */
export function refuseFirst(faults: Iterable<Fault>): void {
  for (const { path, problem } of faults)
    throw invalidParameter(path[0], path.length === 1 ? problem : `is invalid: ${placeOf(path)} ${problem}`);
}

/** Returns the error that a check of a whole parameter throws as a fault. */
export function* thrownFault(parameter: string, check: () => unknown): Generator<Fault> {
  try {
    check();
  } catch (error) {
    if (!isAgentError(error, 'InvalidArgument')) throw error;
    const start = `Parameter "${parameter}" `;
    const problem = error.message.startsWith(start) ? error.message.slice(start.length) : error.message;
    yield { path: [parameter], problem: problem.replace(/\.$/, '') };
  }
}

/** Checks an object and its keys. */
export function* objectFaults(value: unknown, path: FaultPath, keys: readonly string[]): Generator<Fault> {
  if (!isObject(value)) return yield { path, problem: 'must be an object' };
  for (const key of Object.keys(value).filter((other) => !keys.includes(other))) {
    const shown = JSON.stringify(key.slice(0, 80));
    yield { path, problem: `has an unknown key ${shown}; known are ${keys.join(', ')}` };
  }
}

/** Checks a text that must be one of `choices`. */
export function* choiceFaults(value: unknown, path: FaultPath, choices: readonly string[]): Generator<Fault> {
  if (!choices.some((choice) => choice === value)) yield { path, problem: `must be one of ${choices.join(', ')}` };
}

/** Checks a whole number within a range. */
export function* integerFaults(
  value: unknown,
  path: FaultPath,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): Generator<Fault> {
  if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) return;
  yield { path, problem: `must be a whole number from ${minimum} to ${maximum.toLocaleString('en')}` };
}

/** Whether a value has keys. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A path as text: `abort[0].percent`. */
const placeOf = (path: FaultPath): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
