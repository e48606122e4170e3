import {
  CONNECT_TIMEOUT,
  JOB_ID_CHARACTER,
  JOB_ID_RULES,
  MAX_EXECUTION_TIME,
  MAX_JOB_ID_LENGTH,
  QUERY_CONDITION,
  RESPONSE_TIMEOUT,
} from '../jobs/parameters.js';
import type { ParameterSpec } from '../edge/define-service.js';
import type { JsonValue } from '../edge/definitions.js';
import { unwrapList } from '../jobs/json-parameters.js';
import { REPLACED_BY } from '../rollouts/definition/combinations.js';
import {
  type FixedOption,
  type JobOption,
  optionsOf,
  ROLLOUT_OPTIONS,
  ROLLOUT_PARAMETERS,
  type RolloutOption,
  type ServiceKind,
  type ValueRule,
  type WrapperOption,
  type WrapperParameter,
  type WrapperService,
} from './definition.js';
import { templateText } from './condition.js';
import { omitUndefined } from '../core/objects.js';
import { INTEGER_RANGE, kindOf } from './parameter-types.js';
import { lazyPatternMatcher } from './patterns/match.js';
import type { RawService } from './schema.js';

type OptionParameter = Omit<WrapperParameter, 'name' | 'required' | 'target'>;

/** Options that are written as ISO 8601 with a time zone. */
export const INSTANT_OPTIONS: ReadonlySet<string> = new Set<WrapperOption>(['startTime', 'recurrenceEnds']);

const JOB_ID_PATTERN = `^${JOB_ID_CHARACTER}+$`;

/** The job options as parameters, with the bounds of the job services. */
const JOB_OPTION_PARAMETERS: Readonly<Record<JobOption, OptionParameter>> = {
  queryCondition: {
    baseType: 'STRING',
    description: 'Devices to target: the part of an IoT Hub query after WHERE, or * for all.',
    rule: { kind: 'text', maxLength: QUERY_CONDITION.maxLength },
  },
  startTime: { baseType: 'DATETIME', description: 'When the job starts; now if omitted.', rule: { kind: 'datetime' } },
  maxExecutionTimeInSeconds: {
    baseType: 'INTEGER',
    description: 'How long the job may run.',
    rule: { kind: 'integer', minimum: MAX_EXECUTION_TIME.minimum, maximum: INTEGER_RANGE.maximum },
  },
  connectTimeoutInSeconds: {
    baseType: 'INTEGER',
    description: 'How long to wait for an offline device to connect.',
    rule: { kind: 'integer', minimum: CONNECT_TIMEOUT.minimum, maximum: CONNECT_TIMEOUT.maximum },
  },
  responseTimeoutInSeconds: {
    baseType: 'INTEGER',
    description: 'How long to wait for the response of a device.',
    rule: { kind: 'integer', minimum: RESPONSE_TIMEOUT.minimum, maximum: RESPONSE_TIMEOUT.maximum },
  },
  jobId: {
    baseType: 'STRING',
    description: `Id of the job: ${JOB_ID_RULES.form}; generated if omitted.`,
    rule: {
      kind: 'text',
      maxLength: MAX_JOB_ID_LENGTH,
      pattern: JOB_ID_PATTERN,
      matcher: lazyPatternMatcher(JOB_ID_PATTERN),
    },
  },
  queue: {
    baseType: 'BOOLEAN',
    description: 'Whether the job waits in the queue of the agent while the hub has no place for it.',
    rule: { kind: 'boolean' },
  },
};

/** Descriptions that differ from those of StartRollout, because the description of the wrapper may name devices already. */
const ROLLOUT_DESCRIPTIONS: Partial<Readonly<Record<RolloutOption, string>>> = {
  queryCondition:
    'Devices to target: the part of an IoT Hub query after WHERE, or * for all; replaces the devices that the service targets otherwise',
  deviceIds: 'Devices to target: an array of device ids; replaces the condition of the service',
};

function rolloutOptionParameter(option: RolloutOption): OptionParameter {
  const parameter = ROLLOUT_PARAMETERS[option];
  return {
    baseType: parameter.baseType,
    description: `${ROLLOUT_DESCRIPTIONS[option] ?? parameter.description}.`,
    rule: ruleOfParameter(parameter),
  };
}

/** The options of a roll-out as parameters, with the bounds of StartRollout. */
const ROLLOUT_OPTION_PARAMETERS = Object.fromEntries(
  ROLLOUT_OPTIONS.map((option) => [option, rolloutOptionParameter(option)]),
) as Readonly<Record<RolloutOption, OptionParameter>>;

/** How a wrapper checks the value of a parameter before the agent does. */
function ruleOfParameter({ baseType, minimum, maximum, maxLength, pattern, choices }: ParameterSpec): ValueRule {
  return {
    kind: kindOf(baseType),
    ...omitUndefined({ minimum, maximum, maxLength }),
    ...(pattern ? { pattern: pattern.source, matcher: lazyPatternMatcher(pattern.source) } : {}),
    ...(choices ? { enum: choices } : {}),
  };
}

/** The same as `optionParameter`; for a roll-out with what applies where a caller omits the option. */
export function callerParameter(
  starts: WrapperService['starts'],
  option: WrapperOption,
  fixed: FixedOption | undefined,
): WrapperParameter {
  const parameter = optionParameter(starts, option);
  if (starts === 'job' || !fixed || option === 'deviceIds') return parameter;
  return { ...parameter, description: `${parameter.description} This service uses ${fixedText(fixed)} if omitted.` };
}

/** The parameter of a service through which callers set an option of the job or roll-out. */
export const optionParameter = (starts: WrapperService['starts'], option: WrapperOption): WrapperParameter => ({
  name: option,
  required: false,
  target: { kind: 'option', option },
  ...(starts === 'job'
    ? JOB_OPTION_PARAMETERS[option as JobOption]
    : ROLLOUT_OPTION_PARAMETERS[option as RolloutOption]),
});

/** Whether a kind of service has the option. */
export const hasOption = (kind: ServiceKind, option: string): boolean =>
  kind === 'deviceMethod' || (option !== 'connectTimeoutInSeconds' && option !== 'responseTimeoutInSeconds');

/** The options that callers may set, as the description lists them; also of a description with errors. */
export function callerOptionsOf({ job, rollout }: RawService): readonly WrapperOption[] {
  const listed: unknown = (rollout ?? job)?.callerMaySet;
  return Array.isArray(listed) ? listed.filter((option): option is WrapperOption => typeof option === 'string') : [];
}

/** The options whose value of a caller replaces a fixed option: for `queryCondition`, `deviceIds`. */
export const replacersOf = (service: WrapperService, option: WrapperOption): readonly WrapperOption[] =>
  service.starts === 'job'
    ? []
    : optionsOf(service).filter(
        (other) =>
          service.parameters.some(({ name, target }) => target.kind === 'option' && name === other) &&
          (REPLACED_BY as Readonly<Record<string, readonly string[] | undefined>>)[other]?.includes(option) === true,
      );

/** A fixed option as text, for documentation. */
export function fixedText(fixed: FixedOption): string {
  if (fixed.kind === 'condition') return templateText(fixed.template);
  if (fixed.kind === 'instant') return new Date(fixed.epochMs).toISOString();
  return typeof fixed.value === 'string' ? fixed.value : JSON.stringify(unwrapList(fixed.value));
}

/** A list in the form in which the JSON type of the platform holds it; any other value unchanged. */
export const wrapList = (value: JsonValue): JsonValue => (Array.isArray(value) ? { array: value } : value);
