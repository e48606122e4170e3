import type { Service } from '../../api/types.js';

export type Parameter = Service['parameters'][number];
export type ShapeField = NonNullable<Parameter['dataShape']>['fields'][number];

/** How a value is entered. */
export type FieldKind =
  | 'line'
  | 'lines'
  | 'text'
  | 'number'
  | 'yesNo'
  | 'choice'
  | 'time'
  | 'json'
  | 'secret'
  | 'place'
  | 'file'
  | 'table'
  | 'nothing';

/** A base type of this page only: JSON that is a list of texts, one a line. */
export const LINES = 'LINES';

const KINDS: Readonly<Record<string, FieldKind>> = {
  NOTHING: 'nothing',
  NUMBER: 'number',
  INTEGER: 'number',
  LONG: 'number',
  BOOLEAN: 'yesNo',
  DATETIME: 'time',
  JSON: 'json',
  QUERY: 'json',
  VARIANT: 'json',
  TIMESPAN: 'json',
  VEC2: 'json',
  VEC3: 'json',
  VEC4: 'json',
  INFOTABLE: 'table',
  LOCATION: 'place',
  IMAGE: 'file',
  BLOB: 'file',
  [LINES]: 'lines',
  PASSWORD: 'secret',
  TEXT: 'text',
  HTML: 'text',
  XML: 'text',
  SCHEDULE: 'line',
};

/** Texts that are usually longer than a line. */
const LONG_TEXT = 200;

/** The fitting input of a parameter or of a cell of a table. Base types that the table does not name are lines of text. */
export function fieldKind(parameter: Pick<Parameter, 'baseType' | 'choices' | 'maxLength' | 'isCondition'>): FieldKind {
  if (parameter.choices && parameter.choices.length > 0) return 'choice';
  if (parameter.isCondition) return 'text';
  const kind = KINDS[parameter.baseType];
  if (kind) return kind;
  return (parameter.maxLength ?? 0) > LONG_TEXT ? 'text' : 'line';
}
