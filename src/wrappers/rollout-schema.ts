/** The keys of `rollout:` in a description: the parameters of StartRollout, with their types and bounds. */
import { z } from 'zod';
import type { ParameterSpec } from '../edge/define-service.js';
import { ROLLOUT_OPTIONS, ROLLOUT_PARAMETERS, type RolloutOption } from './definition.js';

type OptionSchema = z.ZodOptional<z.ZodType<string> | z.ZodType<number> | z.ZodType<unknown[]>>;

/** What the descriptions of StartRollout do not say, because only a description has it. */
const PLACEHOLDERS = 'May contain placeholders: {name of a parameter}. ';
const NOTES: Partial<Readonly<Record<RolloutOption, string>>> = {
  queryCondition: PLACEHOLDERS,
  canaryCondition: PLACEHOLDERS,
  verifyCondition: PLACEHOLDERS,
  startTime: 'ISO 8601 with a time zone. ',
  recurrenceEnds: 'ISO 8601 with a time zone. ',
};

const optionSchema = (option: RolloutOption): OptionSchema =>
  schemaOf(ROLLOUT_PARAMETERS[option])
    .optional()
    .describe(`${NOTES[option] ?? ''}${ROLLOUT_PARAMETERS[option].description}.`);

function schemaOf({ baseType, minimum, maximum, maxLength, pattern, form, choices }: ParameterSpec) {
  const { min, max } = { min: minimum ?? -Infinity, max: maximum ?? Infinity };
  if (baseType === 'INTEGER') return z.int().min(min).max(max);
  if (baseType === 'NUMBER') return z.number().min(min).max(max);
  if (baseType === 'JSON') return z.array(z.unknown());
  if (choices) return z.enum(choices);
  const text = maxLength === undefined ? z.string() : z.string().max(maxLength);
  return pattern ? text.regex(pattern, { error: `must be ${form ?? 'of another form'}` }) : text;
}

/** The items of lists, conditions, and what depends on other keys are checked in rules/rollouts.ts. */
export const rolloutSchema = z.strictObject({
  ...(Object.fromEntries(ROLLOUT_OPTIONS.map((option) => [option, optionSchema(option)])) as Record<
    RolloutOption,
    OptionSchema
  >),
  callerMaySet: z
    .array(z.enum(ROLLOUT_OPTIONS))
    .max(ROLLOUT_OPTIONS.length)
    .optional()
    .describe('Keys that become optional parameters of the service; what a caller sets replaces the value here.'),
});

export type RawRollout = z.output<typeof rolloutSchema>;
