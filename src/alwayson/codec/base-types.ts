/**
 * The base types with their codes on the wire (protocol notes 3.2). `payload` says how the bytes after the type byte
 * are laid out.
 */
export type PayloadKind =
  | 'nothing'
  | 'string'
  | 'number'
  | 'boolean'
  | 'datetime'
  | 'infotable'
  | 'location'
  | 'bytes'
  | 'variant'
  | 'integer'
  | 'long';

export interface BaseTypeEntry {
  readonly code: number;
  readonly payload: PayloadKind;
}

const text = (code: number): BaseTypeEntry => ({ code, payload: 'string' });

export const BASE_TYPES = {
  NOTHING: { code: 0xff, payload: 'nothing' },
  STRING: text(0),
  NUMBER: { code: 1, payload: 'number' },
  BOOLEAN: { code: 2, payload: 'boolean' },
  DATETIME: { code: 3, payload: 'datetime' },
  INFOTABLE: { code: 5, payload: 'infotable' },
  LOCATION: { code: 6, payload: 'location' },
  XML: text(7),
  JSON: text(8),
  QUERY: text(9),
  IMAGE: { code: 10, payload: 'bytes' },
  HYPERLINK: text(11),
  IMAGELINK: text(12),
  PASSWORD: text(13),
  HTML: text(14),
  TEXT: text(15),
  TAGS: text(16),
  /** In the name table of the C SDK only; that it is a string is an assumption. Never sent to edges. */
  SCHEDULE: text(17),
  VARIANT: { code: 18, payload: 'variant' },
  GUID: text(20),
  BLOB: { code: 21, payload: 'bytes' },
  INTEGER: { code: 22, payload: 'integer' },
  /** The code 23 is an assumption: newer platforms have the type, no bytes of it were seen. Never sent to edges. */
  LONG: { code: 23, payload: 'long' },
  PROPERTYNAME: text(50),
  SERVICENAME: text(51),
  EVENTNAME: text(52),
  THINGNAME: text(100),
  THINGSHAPENAME: text(101),
  THINGTEMPLATENAME: text(102),
  DATASHAPENAME: text(104),
  MASHUPNAME: text(105),
  MENUNAME: text(106),
  BASETYPENAME: text(107),
  USERNAME: text(108),
  GROUPNAME: text(109),
  CATEGORYNAME: text(110),
  STATEDEFINITIONNAME: text(111),
  STYLEDEFINITIONNAME: text(112),
  MODELTAGVOCABULARYNAME: text(113),
  DATATAGVOCABULARYNAME: text(114),
  NETWORKNAME: text(115),
  MEDIAENTITYNAME: text(116),
  APPLICATIONKEYNAME: text(117),
  LOCALIZATIONTABLENAME: text(118),
  ORGANIZATIONNAME: text(119),
  DASHBOARDNAME: text(120),
} as const satisfies Record<string, BaseTypeEntry>;

/** The name of a base type, as ThingWorx writes it. */
export type BaseType = keyof typeof BASE_TYPES;

/** Whether `name` is a base type known here. */
export function isBaseType(name: string): name is BaseType {
  return Object.hasOwn(BASE_TYPES, name);
}
