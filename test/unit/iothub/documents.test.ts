import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { dateOf, integerOf, readJob, readJobResult, textOf } from '../../../src/iothub/documents.js';
import { startProcessorStopwatch } from '../../support/processor-time.js';

describe('dates', () => {
  test.each([
    ['0002-01-01T00:00:00Z', '0002-01-01T00:00:00.000Z'],
    ['9998-12-31T23:59:59.9999999Z', '9998-12-31T23:59:59.999Z'],
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
    '0001-01-01',
    '0001-01-01T00:00:00.0000000Z',
    '0001-01-01T00:00:00+00:00',
    '0001-01-01T00:00:00.000+02:00',
    '0001-12-31T23:59:59-08:00',
    ' 0001-01-01t00:00:00z ',
    '0000-12-31T16:00:00Z',
    '9999-12-31T23:59:59.9999999Z',
    '9999-12-31T23:59:59.9999999',
    '9999-12-31T23:59:59.9999999+00:00',
    '9999-12-31T23:59:59.999-08:00',
    '9999-12-31T23:59:59z',
    '9999-12-31T24:00:00Z',
    '9999-01-01',
    '9998-12-31T20:00:00-08:00',
    '+010000-01-01T00:00:00Z',
    `2020-01-06T21:44:00.${'0'.repeat(100_000)}Z`,
  ])('%j is not a date', (value) => expect(dateOf(value)).toBeUndefined());
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

test('a value that is nested too deep has no JSON text', () => {
  expect(textOf(JSON.parse(`${'['.repeat(60_000)}${']'.repeat(60_000)}`))).toBeUndefined();
});

test.each([
  ['a', 'a'],
  ['', ''],
  [7615917337495251231n, '7615917337495251231'],
  [{ id: 9007199254740993n }, '{"id":9007199254740993}'],
  [7, '7'],
  [false, 'false'],
  [{ a: 1 }, '{"a":1}'],
  [null, undefined],
])('the text of %j is %j', (value, text) => expect(textOf(value)).toBe(text));

test('names of fields differ between versions of the service', () => {
  const time = '2026-01-01T00:00:00Z';
  const date = new Date(time);
  for (const document of [
    { type: 't', createdTime: time, startTime: time, endTime: time },
    { jobType: 't', createdDateTimeUtc: time, startTimeUtc: time, endTimeUtc: time },
    { JobType: 't', CreatedTimeUtc: time, StartTime: time, EndTime: time },
  ])
    expect(readJob(document)).toEqual({ type: 't', createdTime: date, startTime: date, endTime: date, counts: {} });
});

test('a malformed document is read as an empty job and an empty result', () => {
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

test('a time in year 1 or 9999 is absent, in whatever form', () => {
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  const part = (max: number, min = 0): fc.Arbitrary<number> => fc.integer({ min, max });
  const zone = fc.constantFrom('', 'Z', 'z', '+00:00', '-00:00', '+0530', '-08:00', '+14:00', '-12:00');
  const decimals = fc.oneof(
    fc.constant(''),
    fc.stringMatching(/^\d{1,9}$/).map((digits) => `.${digits}`),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('0001', '9999'),
      fc.tuple(part(12, 1), part(28, 1), part(23), part(59), part(59)),
      decimals,
      zone,
      (year, [month, day, hour, minute, second], fraction, offset) => {
        const text = `${year}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}${fraction}${offset}`;
        const job = readJob({ createdTime: text, startTimeUtc: text, endTime: text });
        expect(dateOf(text)).toBeUndefined();
        expect(Object.keys(job)).toEqual(['counts']);
      },
    ),
  );
});

test('the patch of a job is what was requested', () => {
  const patch = { tags: null, properties: { desired: { etag: 'mine', deviceId: 'mine' } } };
  for (const added of [{ etag: '*' }, { deviceId: null, etag: '*' }, { ETag: 'x', DeviceId: 'd' }])
    expect(readJob({ updateTwin: { ...added, ...patch } })).toEqual({ patch, counts: {} });
});

test('a device may respond with null, but a payload of null counts as absent', () => {
  const answer = (response: object): unknown =>
    readJobResult({ outcome: { deviceMethodResponse: response } }).methodPayload;
  expect(answer({ status: 200, payload: null })).toBeNull();
  expect(answer({ status: 200, Payload: null })).toBeNull();
  expect(answer({ status: 200 })).toBeUndefined();
  expect(readJob({ cloudToDeviceMethod: { methodName: 'm', payload: null } })).not.toHaveProperty('payload');
});

test('a payload of false, zero or an empty string is kept', () => {
  for (const payload of [false, 0, ''])
    expect(readJob({ cloudToDeviceMethod: { methodName: 'm', payload } })).toHaveProperty('payload', payload);
});

test('an object of a quarter of a million fields is read without blocking the event loop', () => {
  const wide = Object.fromEntries(Array.from({ length: 250_000 }, (_unused, index) => [`field${index}`, 1]));
  const takenMs = startProcessorStopwatch();
  expect(readJob({ status: 'running', cloudToDeviceMethod: wide, deviceJobStatistics: wide, ...wide })).toEqual({
    status: 'running',
    counts: {},
  });
  expect(readJobResult({ deviceId: 'd', error: wide, outcome: { deviceMethodResponse: wide }, ...wide })).toMatchObject(
    {
      deviceId: 'd',
    },
  );
  expect(takenMs()).toBeLessThan(1500);
});
