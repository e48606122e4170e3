import { describe, expect, test } from '@jest/globals';
import { dateOf, integerOf, readJob, readJobResult, textOf } from '../../../src/iothub/documents.js';

describe('dates', () => {
  test.each([
    ['2020-01-06T21:44:00.8884134Z', '2020-01-06T21:44:00.888Z'],
    ['2020-01-06T21:44:00Z', '2020-01-06T21:44:00.000Z'],
    ['2020-01-06T21:44:00.5', '2020-01-06T21:44:00.500Z'],
    ['2020-01-06T21:44:00+02:00', '2020-01-06T19:44:00.000Z'],
    ['2020-01-06', '2020-01-06T00:00:00.000Z'],
  ])('%s', (text, iso) => expect(dateOf(text)?.toISOString()).toBe(iso));

  test.each([
    '',
    'soon',
    '0001-01-01T00:00:00Z',
    '2020-13-01T00:00:00Z',
    7,
    null,
    {},
    undefined,
    '2020-01-06T25:00:00Z',
  ])('%j is none', (value) => expect(dateOf(value)).toBeUndefined());
});

test.each([
  [3, 3],
  ['3', 3],
  [0, 0],
  [3.5, undefined],
  [2 ** 31, undefined],
  [Number.NaN, undefined],
  ['x', undefined],
  [null, undefined],
])('the integer of %j is %j', (value, integer) => expect(integerOf(value)).toBe(integer));

test.each([
  ['a', 'a'],
  ['', ''],
  [7, '7'],
  [false, 'false'],
  [{ a: 1 }, '{"a":1}'],
  [null, undefined],
])('the text of %j is %j', (value, text) => expect(textOf(value)).toBe(text));

test('names of fields differ between editions of the service', () => {
  const time = '2026-01-01T00:00:00Z';
  const date = new Date(time);
  for (const document of [
    { type: 't', createdTime: time, startTime: time, endTime: time },
    { jobType: 't', createdDateTimeUtc: time, startTimeUtc: time, endTimeUtc: time },
    { JobType: 't', CreatedTimeUtc: time, StartTime: time, EndTime: time },
  ])
    expect(readJob(document)).toEqual({ type: 't', createdTime: date, startTime: date, endTime: date, counts: {} });
});

test('a document of nothing but rubbish gives an empty job and an empty result', () => {
  const rubbish = {
    status: null,
    deviceJobStatistics: 'x',
    cloudToDeviceMethod: [],
    updateTwin: 7,
    outcome: null,
    error: null,
  };
  expect(readJob(rubbish)).toEqual({ counts: {} });
  expect(readJobResult(rubbish)).toEqual({});
});

test('a payload that is false, zero or an empty text is one', () => {
  for (const payload of [false, 0, ''])
    expect(readJob({ cloudToDeviceMethod: { methodName: 'm', payload } })).toHaveProperty('payload', payload);
});
