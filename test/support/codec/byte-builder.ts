/**
 * AlwaysOn bytes put together by hand, from the protocol's description alone: nothing here may use src/alwayson/codec,
 * so that a misunderstanding of the codec cannot hide in its own tests.
 */
export type Bytes = readonly number[];

const view = (length: number, fill: (view: DataView) => void): number[] => {
  const memory = new DataView(new ArrayBuffer(length));
  fill(memory);
  return [...new Uint8Array(memory.buffer)];
};

export const u8 = (value: number): Bytes => [value];
export const u16 = (value: number): Bytes => view(2, (memory) => memory.setUint16(0, value));
export const u32 = (value: number): Bytes => view(4, (memory) => memory.setUint32(0, value));
export const f64 = (value: number): Bytes => view(8, (memory) => memory.setFloat64(0, value));
export const i64 = (value: bigint | number): Bytes => view(8, (memory) => memory.setBigInt64(0, BigInt(value)));

/** A string: one length byte below 128, else four with the top bit set. */
export function text(value: string): Bytes {
  const bytes = new TextEncoder().encode(value);
  return [...(bytes.length < 128 ? [bytes.length] : u32(2 ** 31 + bytes.length)), ...bytes];
}

export interface HeaderParts {
  readonly version?: number;
  readonly requestId?: number;
  readonly endpointId?: number;
  readonly sessionId?: number;
  readonly multipart?: number;
}

export function header(code: number, parts: HeaderParts = {}): Bytes {
  const { version = 1, requestId = 7, endpointId = 0, sessionId = 0x01020304, multipart = 0 } = parts;
  return [version, code, ...u32(requestId), ...u32(endpointId), ...u32(sessionId), multipart];
}

/** A field definition: marker, name, description, base type, aspects (each a name and a typed primitive). */
export function field(
  name: string,
  baseType: number,
  aspects: readonly (readonly [string, Bytes])[] = [],
  description = '',
): Bytes {
  const written = aspects.flatMap(([aspect, cell]) => [...text(aspect), ...cell]);
  return [1, ...text(name), ...text(description), baseType, ...u16(aspects.length), ...written];
}

/** A row: marker, cell count, cells. */
export const row = (...cells: readonly Bytes[]): Bytes => [1, ...u16(cells.length), ...cells.flat()];

export const table = (fields: readonly Bytes[], rows: readonly Bytes[] = []): Bytes => [
  ...fields.flat(),
  0,
  ...rows.flat(),
  0,
];

/** Typed primitives by the number of their base type. */
export const cell = {
  nothing: [0xff] as Bytes,
  text: (baseType: number, value: string): Bytes => [baseType, ...text(value)],
  number: (value: number): Bytes => [1, ...f64(value)],
  boolean: (raw: number): Bytes => [2, raw],
  datetime: (milliseconds: bigint | number): Bytes => [3, ...i64(milliseconds)],
  table: (content: Bytes): Bytes => [5, ...content],
  location: (longitude: number, latitude: number, elevation: number): Bytes => [
    6,
    ...f64(longitude),
    ...f64(latitude),
    ...f64(elevation),
  ],
  bytes: (baseType: number, content: Bytes): Bytes => [baseType, ...u32(content.length), ...content],
  variant: (content: Bytes): Bytes => [18, ...content],
  integer: (value: number): Bytes => [22, ...u32(value >>> 0)],
  long: (value: bigint): Bytes => [23, ...i64(value)],
};

export interface RequestParts {
  readonly code?: number;
  readonly entityName?: string;
  readonly name?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly params?: Bytes;
}

/** The body of a request on a Thing's service; `params` includes its type byte. */
export function requestBody(parts: RequestParts = {}): Bytes {
  const { entityName = 'Thing1', name = 'Echo', headers = [], params = [0xff] } = parts;
  const written = headers.flatMap(([key, value]) => [...text(key), ...text(value)]);
  return [0x0a, ...text(entityName), 2, ...text(name), headers.length, ...written, ...params];
}

export const request = (parts: RequestParts = {}): Bytes => [...header(parts.code ?? 3), ...requestBody(parts)];

/** An answer whose content is `content`, its type byte included. */
export const response = (code: number, content: Bytes = [0xff], reason?: string): Bytes => [
  ...header(code),
  ...(reason === undefined ? [0] : [1, ...text(reason)]),
  ...content,
];

export const bind = (code: number, names: readonly string[], gateway?: readonly [string, string]): Bytes => [
  ...header(code),
  ...(gateway === undefined ? [0] : [1, ...text(gateway[0]), ...text(gateway[1])]),
  ...u16(names.length),
  ...names.flatMap((name) => text(name)),
];

export interface ChunkParts {
  readonly requestId?: number;
  readonly chunkId: number;
  readonly chunkCount: number;
  readonly chunkSize?: number;
  /** Entity type and name, for requests. */
  readonly entity?: Bytes;
  readonly data?: Bytes;
}

export const chunk = (code: number, parts: ChunkParts): Bytes => [
  ...header(code, { requestId: parts.requestId ?? 7, multipart: 1 }),
  ...u16(parts.chunkId),
  ...u16(parts.chunkCount),
  ...u16(parts.chunkSize ?? 8192),
  ...(parts.entity ?? []),
  ...(parts.data ?? []),
];

export const toHex = (bytes: Uint8Array | Bytes): string => Buffer.from(bytes).toString('hex');
