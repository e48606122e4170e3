import type { JobOption, ServiceKind, WrapperParameter } from './definition.js';
import { INTEGER_RANGE } from './parameter-types.js';
import { lazyPatternMatcher } from './patterns/match.js';

type OptionParameter = Omit<WrapperParameter, 'name' | 'required' | 'target'>;

const JOB_ID_PATTERN = '^[A-Za-z0-9-]+$';

/** The job options as parameters; the bounds are those of the job services. */
const OPTION_PARAMETERS: Readonly<Record<JobOption, OptionParameter>> = {
  queryCondition: {
    baseType: 'STRING',
    description: 'Which devices: what stands after WHERE in a query of IoT Hub, or * for all.',
    rule: { kind: 'text', maxLength: 8192 },
  },
  startTime: { baseType: 'DATETIME', description: 'When the job starts; default: now.', rule: { kind: 'datetime' } },
  maxExecutionTimeInSeconds: {
    baseType: 'INTEGER',
    description: 'How long the job may run.',
    rule: { kind: 'integer', minimum: 1, maximum: INTEGER_RANGE.maximum },
  },
  connectTimeoutInSeconds: {
    baseType: 'INTEGER',
    description: 'How long to wait for a device that is not connected.',
    rule: { kind: 'integer', minimum: 0, maximum: 300 },
  },
  responseTimeoutInSeconds: {
    baseType: 'INTEGER',
    description: 'How long to wait for the answer of a device.',
    rule: { kind: 'integer', minimum: 5, maximum: 300 },
  },
  jobId: {
    baseType: 'STRING',
    description: 'Id of the job, 1 to 64 letters, digits and dashes; generated if omitted.',
    rule: { kind: 'text', maxLength: 64, pattern: JOB_ID_PATTERN, matcher: lazyPatternMatcher(JOB_ID_PATTERN) },
  },
};

/** The parameter of a service through which its caller sets an option of the job. */
export const optionParameter = (option: JobOption): WrapperParameter => ({
  name: option,
  required: false,
  target: { kind: 'option', option },
  ...OPTION_PARAMETERS[option],
});

/** Whether a kind of job has the option. */
export const hasOption = (kind: ServiceKind, option: JobOption): boolean =>
  kind === 'deviceMethod' || (option !== 'connectTimeoutInSeconds' && option !== 'responseTimeoutInSeconds');
