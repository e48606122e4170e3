import { AGGREGATE_FUNCTIONS } from './realm/aggregate.js';
import { CALENDAR_FUNCTIONS } from './realm/calendar.js';
import { COLUMN_FUNCTIONS } from './realm/columns.js';
import { DATE_FORMAT_FUNCTIONS } from './realm/date-format.js';
import { DATE_FUNCTIONS } from './realm/dates.js';
import { GLOBAL_FUNCTIONS } from './realm/globals.js';
import { INFO_TABLE_FUNCTIONS } from './realm/info-table-functions.js';
import { OTHER_FUNCTIONS } from './realm/other-functions.js';
import { ROW_FUNCTIONS } from './realm/rows.js';
import { TABLE_FUNCTIONS } from './realm/table.js';
import { VALUE_FUNCTIONS } from './realm/values.js';

export type { Furnish } from './realm/globals.js';

/**
 * An expression whose value is `furnish`, which sets up the globals of a script. The functions run from their source text
 * inside the script's own realm, so that a script never holds an object of another realm. They use only each other and
 * the globals of ECMAScript: a file in `realm/` declares the functions that it uses from the other files instead of
 * importing them, since an import is not part of the text of a function.
 */
export const REALM_SOURCE = `(function () { "use strict"; ${[
  ...VALUE_FUNCTIONS,
  ...TABLE_FUNCTIONS,
  ...ROW_FUNCTIONS,
  ...COLUMN_FUNCTIONS,
  ...AGGREGATE_FUNCTIONS,
  ...INFO_TABLE_FUNCTIONS,
  ...CALENDAR_FUNCTIONS,
  ...DATE_FORMAT_FUNCTIONS,
  ...DATE_FUNCTIONS,
  ...OTHER_FUNCTIONS,
  ...GLOBAL_FUNCTIONS,
]
  .map(String)
  .join('\n')}\nreturn furnish; }())`;
