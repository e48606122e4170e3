/**
 * The base types with their codes on the wire [AO 3.2]. `payload` is the layout of the bytes after the type byte. The codes
 * up to 120 are those of PTC's C SDK; 4, 23 and 121 to 129 were observed in frames of PTC's Java SDK 7.1.
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
  | 'long'
  | 'timespan'
  | 'vec2'
  | 'vec3'
  | 'vec4'
  | 'thingcode';

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
  /** Start and end as DATETIMEs, followed by a string with the period. */
  TIMESPAN: { code: 4, payload: 'timespan' },
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
  /** A string in PTC's Java SDK. The C SDK names the type but cannot read it, so edges receive a STRING instead. */
  SCHEDULE: text(17),
  VARIANT: { code: 18, payload: 'variant' },
  GUID: text(20),
  BLOB: { code: 21, payload: 'bytes' },
  INTEGER: { code: 22, payload: 'integer' },
  /** 8 bytes, as in PTC's Java SDK and alwayson-py. The C SDK does not know the type. */
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
  PERSISTENCEPROVIDERPACKAGENAME: text(121),
  PERSISTENCEPROVIDERNAME: text(122),
  PROJECTNAME: text(123),
  VEC2: { code: 124, payload: 'vec2' },
  VEC3: { code: 125, payload: 'vec3' },
  VEC4: { code: 126, payload: 'vec4' },
  /** A 4-byte domain id and an 8-byte instance id. */
  THINGCODE: { code: 127, payload: 'thingcode' },
  NOTIFICATIONCONTENTNAME: text(128),
  NOTIFICATIONDEFINITIONNAME: text(129),
} as const satisfies Record<string, BaseTypeEntry>;

/** The name of a base type, as ThingWorx writes it. */
export type BaseType = keyof typeof BASE_TYPES;

/** Whether `name` is the name of a base type. */
export function isBaseType(name: string): name is BaseType {
  return Object.hasOwn(BASE_TYPES, name);
}

/** A base type with what the codec needs of it. There is one object for each type, so that `===` compares types. */
export interface CodedBaseType {
  readonly baseType: BaseType;
  readonly code: number;
  readonly payload: PayloadKind;
}

const coded = Object.entries(BASE_TYPES).map(([name, { code, payload }]): CodedBaseType => ({
  baseType: name as BaseType,
  code,
  payload,
}));

export const CODED_BASE_TYPES = Object.fromEntries(coded.map((type) => [type.baseType, type])) as Readonly<
  Record<BaseType, CodedBaseType>
>;

/** The base types by their code on the wire (0 to 255; NOTHING is 255); undefined for an unknown code. */
export const BASE_TYPE_BY_CODE: readonly (CodedBaseType | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  coded.find((type) => type.code === code),
);
