import { describe, expect, it, test } from '@jest/globals';
import { configurationSchema } from '../../../src/agent/config/schema.js';
import type { ParameterDefinition } from '../../../src/edge/definitions.js';
import { CONNECT_TIMEOUT, JOB_ID_RULES, MAX_JOB_ID_LENGTH } from '../../../src/jobs/parameters.js';
import { JOB_SERVICES } from '../../../src/jobs/services/services.js';
import { optionParameter } from '../../../src/wrappers/options.js';
import { JOB_OPTIONS, type JobOption } from '../../../src/wrappers/definition.js';
import { INTEGER_RANGE } from '../../../src/wrappers/parameter-types.js';
import { jobSchema } from '../../../src/wrappers/schema.js';

const methodJob = JOB_SERVICES.find(({ definition }) => definition.name === 'ScheduleDeviceMethodJob');

function parameterOf(name: string): ParameterDefinition {
  const found = methodJob?.definition.parameters.find((parameter) => parameter.name === name);
  if (!found) throw new Error(`ScheduleDeviceMethodJob has no parameter ${name}.`);
  return found;
}

const NUMERIC = ['connectTimeoutInSeconds', 'responseTimeoutInSeconds', 'maxExecutionTimeInSeconds'] as const;

describe('the bounds of a job parameter', () => {
  test.each(NUMERIC)('are the same for the parameter of a wrapper: %s', (name) => {
    const { minimum, maximum } = parameterOf(name);
    expect(optionParameter('job', name).rule).toMatchObject({ minimum, maximum: maximum ?? INTEGER_RANGE.maximum });
  });

  test.each(NUMERIC)('are the same for the job section of a description: %s', (name) => {
    const { minimum = Number.NaN, maximum = INTEGER_RANGE.maximum } = parameterOf(name);
    const isAccepted = (value: number): boolean => jobSchema.safeParse({ [name]: value }).success;
    expect([minimum - 1, minimum, maximum, maximum + 1].map(isAccepted)).toEqual([false, true, true, false]);
  });

  test.each(['connectTimeoutInSeconds', 'responseTimeoutInSeconds'])('are in the description: %s', (name) => {
    const { minimum, maximum, description } = parameterOf(name);
    expect(description).toContain(`: ${minimum} to ${maximum}, default 30`);
  });

  it('are the same for the default in the configuration', () => {
    const connectTimeout = configurationSchema.shape.services.unwrap().shape.connectTimeoutInSeconds;
    const { minimum, maximum } = CONNECT_TIMEOUT;
    const values = [minimum - 1, minimum, maximum, maximum + 1];
    expect(values.map((value) => connectTimeout.safeParse(value).success)).toEqual([false, true, true, false]);
    expect(connectTimeout.parse(undefined)).toBe(30);
  });

  it('are the same for the condition of a description', () => {
    const { maxLength = Number.NaN } = parameterOf('queryCondition');
    expect(optionParameter('job', 'queryCondition').rule.maxLength).toBe(maxLength);
    expect(jobSchema.safeParse({ queryCondition: 'x'.repeat(maxLength) }).success).toBe(true);
    expect(jobSchema.safeParse({ queryCondition: 'x'.repeat(maxLength + 1) }).success).toBe(false);
  });
});

test.each([
  ['', false],
  ['a', true],
  ['A-9', true],
  ['a'.repeat(64), true],
  ['a'.repeat(65), false],
  ["a' OR 1=1", false],
  ['a_b', false],
  ['a\n', false],
])('a wrapper and a job service agree on whether %j is a job id', (id, isValid) => {
  const { maxLength = 0, pattern = '', matcher } = optionParameter('job', 'jobId').rule;
  expect(JOB_ID_RULES.pattern.test(id)).toBe(isValid);
  expect(id.length <= maxLength && matcher?.(id) === 'match').toBe(isValid);
  expect({ maxLength, pattern }).toEqual({ maxLength: MAX_JOB_ID_LENGTH, pattern: '^[A-Za-z0-9-]+$' });
});

test.each(JOB_OPTIONS)(
  'the option %s of a wrapper is a parameter of a job service, of the same base type',
  (option) => {
    expect(optionParameter('job', option as JobOption).baseType).toBe(parameterOf(option).baseType);
  },
);
