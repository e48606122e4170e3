/**
 * The date functions of scripts. They run inside the realm of a script (see realm.ts). The time zone of the sandbox is
 * UTC. Formats are patterns of Joda-Time's DateTimeFormat, to which the ThingWorx help refers.
 */
import type * as calendar from './calendar.js';
import type * as format from './date-format.js';

declare const dayOfYear: typeof calendar.dayOfYear;
declare const formatDate: typeof format.formatDate;
declare const parseDateText: typeof format.parseDateText;
declare const utcOf: typeof calendar.utcOf;

/** Reads a DATETIME argument: a Date, epoch milliseconds or ISO text. */
function dateArgument(name: string, value: unknown): Date {
  const date =
    typeof value === 'number'
      ? new Date(value)
      : typeof value === 'string'
        ? isoDate(name, value)
        : Object.prototype.toString.call(value) === '[object Date]'
          ? new Date((value as Date).getTime())
          : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) throw new Error(`${name}: the argument must be a valid date`);
  return date;
}

function amountArgument(name: string, value: unknown): number {
  const amount = Math.trunc(Number(value));
  if (Number.isFinite(amount)) return amount;
  throw new Error(`${name}: the amount must be a number`);
}

/** Parses ISO text, as UTC if it has no offset. Short forms such as `2026-01` and week dates are rejected. */
function isoDate(name: string, text: string): Date {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/i.exec(
    text.trim(),
  );
  if (!parts) throw new Error(`${name}: "${text.slice(0, 60)}" is not an ISO 8601 date`);
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const ms = Number(`${parts[7] ?? ''}000`.slice(0, 3));
  const [, sign = '+', hours = '00', minutes = '00'] = /([+-])(\d\d):?(\d\d)/.exec(parts[8] ?? '') ?? [];
  const offsetMs = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return new Date(utcOf(name, [year, (month ?? 1) - 1, day, hour, minute, second, ms]) - offsetMs);
}

/** Returns the same day of another month, or that month's last day: 31 January plus one month is 28 February. */
function addMonths(date: Date, amount: number): Date {
  const moved = new Date(date.getTime());
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + amount);
  const lastDay = new Date(moved.getTime());
  lastDay.setUTCMonth(lastDay.getUTCMonth() + 1, 0);
  moved.setUTCDate(Math.min(date.getUTCDate(), lastDay.getUTCDate()));
  return moved;
}

function addFunctions(): Record<string, unknown> {
  const added: Record<string, unknown> = {};
  const unitsMs = { Milliseconds: 1, Seconds: 1000, Minutes: 60_000, Hours: 3_600_000, Days: 86_400_000 };
  const unitsMonths = { Months: 1, Years: 12 };
  Object.entries(unitsMs).forEach(([unit, ms]) => {
    const name = `dateAdd${unit}`;
    added[name] = (date: unknown, amount: unknown) =>
      checkedDate(name, new Date(dateArgument(name, date).getTime() + amountArgument(name, amount) * ms));
  });
  Object.entries(unitsMonths).forEach(([unit, months]) => {
    const name = `dateAdd${unit}`;
    added[name] = (date: unknown, amount: unknown) =>
      checkedDate(name, addMonths(dateArgument(name, date), amountArgument(name, amount) * months));
  });
  return added;
}

function checkedDate(name: string, date: Date): Date {
  if (Number.isNaN(date.getTime())) throw new Error(`${name}: the result is outside the range of dates`);
  return date;
}

function dateFunctions(): Record<string, unknown> {
  const ms = (name: string, date: unknown): number => dateArgument(name, date).getTime();
  return {
    ...addFunctions(),
    dateFormat: (date: unknown, format: unknown) => formatDate(dateArgument('dateFormat', date), String(format)),
    dateFormatISO: (date: unknown) => dateArgument('dateFormatISO', date).toISOString(),
    parseDate: (text: unknown, format: unknown) => new Date(parseDateText(String(text), String(format))),
    parseDateISO: (text: unknown) => isoDate('parseDateISO', String(text)),
    dateDifference: (one: unknown, other: unknown) => ms('dateDifference', one) - ms('dateDifference', other),
    dateMin: (one: unknown, other: unknown) => new Date(Math.min(ms('dateMin', one), ms('dateMin', other))),
    dateMax: (one: unknown, other: unknown) => new Date(Math.max(ms('dateMax', one), ms('dateMax', other))),
    dateDayOfYear: (date: unknown) => dayOfYear(dateArgument('dateDayOfYear', date)),
    dateDayOfWeek: (date: unknown) => dateArgument('dateDayOfWeek', date).getUTCDay() || 7,
    dateOffset: (date: unknown) => {
      dateArgument('dateOffset', date);
      return 0;
    },
  };
}

export const DATE_FUNCTIONS = [
  dateArgument,
  amountArgument,
  isoDate,
  addMonths,
  addFunctions,
  checkedDate,
  dateFunctions,
];
export type { dateFunctions };
