/** The kinds of parameters that roll-outs have; each adds bounds and default to the description. */
import { optional } from '../../jobs/parameters.js';

export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

const rangeText = ({ minimum, maximum }: Range): string =>
  `${minimum.toLocaleString('en')} to ${maximum.toLocaleString('en')}`;

/**
 * An optional whole number.
 * @param meaning the description, to which the range and the default are added.
 * @param note continues the description after these.
 */
export const count = (meaning: string, range: Range, { fallback, note }: { fallback?: number; note?: string } = {}) =>
  optional({
    baseType: 'INTEGER',
    description: [
      `${meaning}: ${rangeText(range)}`,
      ...(fallback === undefined ? [] : [`, default ${fallback.toLocaleString('en')}`]),
      ...(note === undefined ? [] : [`; ${note}`]),
    ].join(''),
    ...range,
  });

/** An optional duration with a default. */
export const seconds = (meaning: string, range: Range, fallback: number, note?: string) => ({
  ...count(meaning, range, { fallback, ...(note === undefined ? {} : { note }) }),
  aspects: { units: 's' },
});

/** An optional text that is one of `choices`. */
export const choice = <const Choices extends readonly string[]>(meaning: string, choices: Choices, fallback: string) =>
  optional({ baseType: 'STRING', description: `${meaning}; default ${fallback}`, choices });

/** A condition on devices is part of queries that also list devices. */
const MAX_CONDITION_CHARACTERS = 2048;

/** An optional condition on devices that are known. */
export const deviceCondition = (meaning: string) =>
  optional({
    baseType: 'STRING',
    isCondition: true,
    description: `${meaning}: at most ${MAX_CONDITION_CHARACTERS.toLocaleString('en')} characters`,
    maxLength: MAX_CONDITION_CHARACTERS,
  });
