/** Words of the language: none of them can be an alias or the first part of a path. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'SELECT',
  'TOP',
  'FROM',
  'WHERE',
  'GROUP',
  'BY',
  'AS',
  'AND',
  'OR',
  'NOT',
  'IN',
  'NIN',
]);

/** Words that stand for a value. */
export const CONSTANT_WORDS: ReadonlyMap<string, undefined | null | boolean> = new Map<
  string,
  undefined | null | boolean
>([
  ['UNDEFINED', undefined],
  ['NULL', null],
  ['TRUE', true],
  ['FALSE', false],
]);

/** Words of other query languages that Azure IoT Hub refuses, so that the error can say so. */
export const REFUSED_WORDS: ReadonlySet<string> = new Set([
  'ORDER',
  'JOIN',
  'LIKE',
  'DISTINCT',
  'HAVING',
  'BETWEEN',
  'EXISTS',
  'UNION',
  'LIMIT',
  'OFFSET',
  'ESCAPE',
]);

/**
 * Functions that Azure offers for message routing only, not for twins and jobs. STARTSWITH without the underscore is
 * not among them: the service takes it on twins (MicrosoftDocs/azure-docs #110329).
 */
export const ROUTING_FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'STARTS_WITH ENDS_WITH ENDSWITH CONTAINS INDEX_OF CONCAT LENGTH LOWER UPPER SUBSTRING AS_NUMBER ' +
    'ABS EXP POWER SQUARE CEILING FLOOR SIGN SQRT IS_ARRAY IS_BOOL IS_NULL IS_NUMBER IS_OBJECT IS_PRIMITIVE IS_STRING'
  ).split(' '),
);
