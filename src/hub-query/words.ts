/** Keywords, which cannot be an alias or the first part of a path. */
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

/** Words for constants. */
export const CONSTANT_WORDS: ReadonlyMap<string, undefined | null | boolean> = new Map<
  string,
  undefined | null | boolean
>([
  ['UNDEFINED', undefined],
  ['NULL', null],
  ['TRUE', true],
  ['FALSE', false],
]);

/** Words of other query languages, for which the error says that Azure IoT Hub does not support them. */
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
 * Functions that Azure supports only for message routing, not for twins and jobs. STARTSWITH without the underscore is not
 * one of them: the service accepts it for twins (MicrosoftDocs/azure-docs #110329).
 */
export const ROUTING_FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'STARTS_WITH ENDS_WITH ENDSWITH CONTAINS INDEX_OF CONCAT LENGTH LOWER UPPER SUBSTRING AS_NUMBER ' +
    'ABS EXP POWER SQUARE CEILING FLOOR SIGN SQRT IS_ARRAY IS_BOOL IS_NULL IS_NUMBER IS_OBJECT IS_PRIMITIVE IS_STRING'
  ).split(' '),
);
