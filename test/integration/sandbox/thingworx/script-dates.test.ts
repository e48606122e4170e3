import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { runnerOf } from '../../../support/local-thingworx/script-cases.js';
import { IMPORTER, scriptThing, upload } from '../../../support/local-thingworx/upload.js';
import { RestCaller } from '../../../support/thingworx-rest.js';

const AT = 'new Date(Date.UTC(2026, 0, 2, 15, 4, 5, 6))';
/** Friday, 2 January 2026, 15:04:05.006 UTC. */
const VALUES: readonly (readonly [string, unknown])[] = [
  [`dateFormatISO(${AT})`, '2026-01-02T15:04:05.006Z'],
  [`dateFormatISO(${AT}.getTime())`, '2026-01-02T15:04:05.006Z'],
  ['dateFormatISO("2026-01-02T15:04:05+01:00")', '2026-01-02T14:04:05.000Z'],
  [`dateFormat(${AT}, "yyyy-MM-dd HH:mm:ss.SSS")`, '2026-01-02 15:04:05.006'],
  [`dateFormat(${AT}, "d.M.yy h:mm a")`, '2.1.26 3:04 PM'],
  [`dateFormat(${AT}, "EEE, dd MMM yyyy")`, 'Fri, 02 Jan 2026'],
  [`dateFormat(${AT}, "EEEE, d MMMM yyyy")`, 'Friday, 2 January 2026'],
  [`dateFormat(${AT}, "yyyy-MM-dd'T'HH:mm:ss.SSSZZ")`, '2026-01-02T15:04:05.006+00:00'],
  [`dateFormat(${AT}, "h 'o''clock' Z z ZZZ")`, "3 o'clock +0000 UTC UTC"],
  [`dateFormat(${AT}, "xxxx-'W'ww-e DDD kk KK G C SSSS S")`, '2026-W01-5 002 15 03 AD 20 0060 0'],
  ['dateFormat(new Date(Date.UTC(2024, 11, 31)), "xxxx-ww")', '2025-01'],
  ['dateFormat(new Date(Date.UTC(2026, 0, 1, 0, 30)), "hh:mm a kk K")', '12:30 AM 24 0'],
  ['dateFormatISO(parseDate("02/01/2026 15:04", "dd/MM/yyyy HH:mm"))', '2026-01-02T15:04:00.000Z'],
  [
    'dateFormatISO(parseDate("2026-01-02T15:04:05.006+02:00", "yyyy-MM-dd\'T\'HH:mm:ss.SSSZZ"))',
    '2026-01-02T13:04:05.006Z',
  ],
  ['dateFormatISO(parseDate("20260102150405", "yyyyMMddHHmmss"))', '2026-01-02T15:04:05.000Z'],
  ['dateFormatISO(parseDate("Fri, 2 JAN 2026 3:04 pm", "EEE, d MMM yyyy h:mm a"))', '2026-01-02T15:04:00.000Z'],
  ['dateFormatISO(parseDate("2 September 2026", "d MMMM yyyy"))', '2026-09-02T00:00:00.000Z'],
  ['dateFormatISO(parseDate("12:00 AM", "hh:mm a"))', '2000-01-01T00:00:00.000Z'],
  ['dateFormatISO(parseDate("2026 060", "yyyy DDD"))', '2026-03-01T00:00:00.000Z'],
  ['dateFormatISO(parseDate("26", "yy"))', '2026-01-01T00:00:00.000Z'],
  ['dateFormatISO(parseDateISO("2026-01-02"))', '2026-01-02T00:00:00.000Z'],
  ['dateFormatISO(parseDateISO("2026-01-02T15:04:05.0061"))', '2026-01-02T15:04:05.006Z'],
  ['dateFormatISO(parseDateISO("2026-01-02T15:04:05-05:30"))', '2026-01-02T20:34:05.000Z'],
  [`dateFormatISO(dateAddMilliseconds(${AT}, 1))`, '2026-01-02T15:04:05.007Z'],
  [`dateFormatISO(dateAddSeconds(${AT}, -6))`, '2026-01-02T15:03:59.006Z'],
  [`dateFormatISO(dateAddMinutes(${AT}, 60))`, '2026-01-02T16:04:05.006Z'],
  [`dateFormatISO(dateAddHours(${AT}, 24))`, '2026-01-03T15:04:05.006Z'],
  [`dateFormatISO(dateAddDays(${AT}, -2))`, '2025-12-31T15:04:05.006Z'],
  [`dateFormatISO(dateAddDays(${AT}, "3"))`, '2026-01-05T15:04:05.006Z'],
  [`dateFormatISO(dateAddDays(${AT}, 1.9))`, '2026-01-03T15:04:05.006Z'],
  ['dateFormatISO(dateAddMonths("2026-01-31", 1))', '2026-02-28T00:00:00.000Z'],
  ['dateFormatISO(dateAddMonths("2026-01-31", -2))', '2025-11-30T00:00:00.000Z'],
  ['dateFormatISO(dateAddMonths("2026-01-15", 13))', '2027-02-15T00:00:00.000Z'],
  ['dateFormatISO(dateAddYears("2024-02-29", 1))', '2025-02-28T00:00:00.000Z'],
  ['dateFormatISO(dateAddYears("2024-02-29", 4))', '2028-02-29T00:00:00.000Z'],
  [`dateDifference(${AT}, dateAddDays(${AT}, -1))`, 86_400_000],
  [`dateDifference(${AT}, dateAddHours(${AT}, 1))`, -3_600_000],
  ['dateFormatISO(dateMin("2026-01-02", "2026-01-01"))', '2026-01-01T00:00:00.000Z'],
  ['dateFormatISO(dateMax("2026-01-02", "2026-01-01"))', '2026-01-02T00:00:00.000Z'],
  ['dateDayOfWeek("2026-01-04")', 7],
  ['dateDayOfWeek("2026-01-05")', 1],
  ['dateDayOfYear("2026-01-01")', 1],
  ['dateDayOfYear("2024-12-31T23:59:59")', 366],
  [`dateOffset(${AT})`, 0],
  [`dateAddDays(${AT}, 1) instanceof Date`, true],
];

const FAILURES: readonly (readonly [string, string])[] = [
  ['dateFormatISO()', 'dateFormatISO: the argument must be a valid date'],
  ['dateFormatISO(null)', 'dateFormatISO: the argument must be a valid date'],
  ['dateFormatISO(new Date(NaN))', 'dateFormatISO: the argument must be a valid date'],
  ['dateFormatISO("soon")', 'dateFormatISO: "soon" is not an ISO 8601 date'],
  ['dateAddDays(new Date(), "many")', 'dateAddDays: the amount must be a number'],
  ['dateAddYears(new Date(), 1e9)', 'dateAddYears: the result is outside the range of dates'],
  [`dateFormat(${AT}, "yyyy-bb")`, 'Illegal pattern component: bb'],
  [`dateFormat(${AT}, "yyyy 'x")`, `the quotes of the date format "yyyy 'x" do not match`],
  ['parseDate("x", "yyyy")', 'Invalid format: "x" is malformed at "x"'],
  ['parseDate("2026-1", "yyyy-MM-dd")', 'Invalid format: "2026-1" is too short'],
  ['parseDate("2026 and more", "yyyy")', 'Invalid format: "2026 and more" is malformed at " and more"'],
  ['parseDate("2026-02-30", "yyyy-MM-dd")', 'parseDate: there is no such date or time'],
  ['parseDateISO("2026-02-30")', 'parseDateISO: there is no such date or time'],
  ['parseDateISO("2026-01-01T25:00")', 'parseDateISO: there is no such date or time'],
  ['parseDateISO("1.1.2026")', 'parseDateISO: "1.1.2026" is not an ISO 8601 date'],
];

const ROUND_TRIP = `var failed = dates.rows.toArray().filter(function (row) {
    var text = dateFormat(row.at, format);
    return dateDifference(parseDate(text, format), row.at) !== 0;
  });
  var result = failed.map(function (row) { return dateFormatISO(row.at); }).join();`;

describe('date functions of scripts', () => {
  let platform: LocalThingWorx;
  let run: Awaited<ReturnType<typeof runnerOf>>;

  const bodyOf = (expression: string): string => `return ${expression};`;

  beforeAll(async () => {
    platform = await startLocalThingWorx({ port: 0 });
    run = await runnerOf(
      platform,
      [...VALUES, ...FAILURES].map(([expression]) => bodyOf(expression)),
    );
    const parameters = { dates: 'INFOTABLE', format: 'STRING' };
    await upload(platform, IMPORTER, scriptThing('Dates', [{ name: 'RoundTrip', code: ROUND_TRIP, parameters }]));
  });

  afterAll(async () => {
    await platform.close();
  });

  it.each(VALUES)('%s', async (expression, value) => {
    expect(await run(bodyOf(expression))).toMatchObject({ status: 200, value });
  });

  it.each(FAILURES)('refuses %s', async (expression, reason) => {
    const { status, text } = await run(bodyOf(expression));
    expect({ status, text: text.replace(/^Unable to Invoke Service C\d+ on Cases : /, '') }).toEqual({
      status: 500,
      text: reason,
    });
  });

  it.each([
    "yyyy-MM-dd'T'HH:mm:ss.SSSZZ",
    'EEEE d MMMM yyyy hh:mm:ss.SSS a',
    'yyyyMMddHHmmssSSS',
    'yyyy DDD kk mm ss SSS',
  ])('parses any date that it has formatted as %s', async (format) => {
    const dates = fc.sample(
      fc.date({ min: new Date('1970-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
      { numRuns: 300, seed: 7 },
    );
    const rest = new RestCaller(platform.url, platform.appKey, 'Dates');
    const table = {
      dataShape: { fieldDefinitions: { at: { name: 'at', baseType: 'DATETIME' } } },
      rows: dates.map((at) => ({ at: at.getTime() })),
    };
    expect(await rest.result('RoundTrip', { dates: table, format })).toBe('');
  });
});
