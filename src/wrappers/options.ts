import {
  CONNECT_TIMEOUT,
  JOB_ID_CHARACTER,
  JOB_ID_RULES,
  MAX_EXECUTION_TIME,
  MAX_JOB_ID_LENGTH,
  QUERY_CONDITION,
  RESPONSE_TIMEOUT,
} from '../jobs/parameters.js';
import type { JobOption, ServiceKind, WrapperParameter } from './definition.js';
import { INTEGER_RANGE } from './parameter-types.js';
import { lazyPatternMatcher } from './patterns/match.js';

type OptionParameter = Omit<WrapperParameter, 'name' | 'required' | 'target'>;

const JOB_ID_PATTERN = `^${JOB_ID_CHARACTER}+$`;

/** The job options as parameters, with the bounds of the job services. */
const OPTION_PARAMETERS: Readonly<Record<JobOption, OptionParameter>> = {
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

/** The parameter of a service through which callers set an option of the job. */
export const optionParameter = (option: JobOption): WrapperParameter => ({
  name: option,
  required: false,
  target: { kind: 'option', option },
  ...OPTION_PARAMETERS[option],
});

/** Whether a kind of job has the option. */
export const hasOption = (kind: ServiceKind, option: JobOption): boolean =>
  kind === 'deviceMethod' || (option !== 'connectTimeoutInSeconds' && option !== 'responseTimeoutInSeconds');
