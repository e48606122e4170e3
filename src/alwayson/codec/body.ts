import { CODE, isResponseCode } from './codes.js';
import { BASE_TYPES } from './base-types.js';
import { frameMalformed, frameTruncated, limitExceeded, notEncodable } from './codec-errors.js';
import { readBaseType, readInfoTable } from './info-table-reader.js';
import { writeCount, writeInfoTable } from './info-table-writer.js';
import type { AuthBody, BindBody, MessageBody, RequestBody, ResponseBody, WholeBody } from './message.js';
import type { Reader } from './reader.js';
import type { InfoTable } from './values-model.js';
import type { Writer } from './writer.js';

/** The kind of body of a complete message by its code [AO 2.2]; undefined for an unknown code. */
export function bodyKindOf(code: number): WholeBody['kind'] | undefined {
  if (isResponseCode(code)) return 'response';
  if (code >= CODE.GET && code <= CODE.DELETE) return 'request';
  if (code === CODE.BIND || code === CODE.UNBIND) return 'bind';
  if (code === CODE.AUTH) return 'auth';
  if (code === CODE.CLEARAUTH) return 'clearAuth';
  return code === CODE.KEEP_ALIVE ? 'keepAlive' : undefined;
}

/** Reads the body of a complete message of `kind`. */
export function readBody(reader: Reader, kind: WholeBody['kind'], code: number): WholeBody {
  switch (kind) {
    case 'request':
      return readRequest(reader);
    case 'response':
      return readResponse(reader);
    case 'auth':
    case 'clearAuth':
      return readAuth(reader, kind);
    case 'bind':
      return readBind(reader, code === CODE.UNBIND);
    case 'keepAlive':
      return { kind };
  }
}

function readRequest(reader: Reader): RequestBody {
  const entityType = reader.u8();
  const entityName = reader.string();
  const characteristic = reader.u8();
  const name = reader.string();
  const headers = readPairs(reader);
  const request = {
    kind: 'request',
    entityType,
    entityName,
    characteristic,
    name,
    params: readContent(reader),
  } as const;
  return headers === undefined ? request : { ...request, headers };
}

/** Reads a count and as many names with values; undefined if the count is 0. */
function readPairs(reader: Reader): ReadonlyMap<string, string> | undefined {
  const count = reader.u8();
  if (count === 0) return undefined;
  const pairs = new Map<string, string>();
  for (let left = count; left > 0; left--) pairs.set(reader.string(), reader.string());
  return pairs;
}

function readResponse(reader: Reader): ResponseBody {
  const reason = reader.u8() === 0 ? null : reader.string();
  return { kind: 'response', reason, content: readContent(reader) };
}

/** Reads a type byte, INFOTABLE or NOTHING, and the table. */
function readContent(reader: Reader): InfoTable | null {
  const at = reader.offset;
  const { baseType } = readBaseType(reader);
  if (baseType === 'INFOTABLE') return readInfoTable(reader);
  if (baseType === 'NOTHING') return null;
  // Parameters that are silently dropped would change what a service does.
  throw frameMalformed(`Parameters or a result are a ${baseType} instead of an InfoTable or nothing.`, at);
}

function readAuth(reader: Reader, kind: AuthBody['kind']): AuthBody {
  return { kind, claims: readPairs(reader) ?? new Map<string, string>() };
}

function readBind(reader: Reader, unbind: boolean): BindBody {
  const gateway = reader.u8() === 0 ? null : { name: reader.string(), type: reader.string() };
  const at = reader.offset;
  const count = reader.u16();
  const { maxNames } = reader.limits;
  if (count > maxNames) throw limitExceeded('names in a BIND', count, maxNames, at);
  if (count > reader.remaining) throw frameTruncated(reader.offset, count - reader.remaining);
  const names: string[] = [];
  for (let index = 0; index < count; index++) names.push(reader.string());
  return { kind: 'bind', unbind, gateway, names };
}

/** Writes a body. */
export function writeBody(writer: Writer, body: MessageBody): void {
  switch (body.kind) {
    case 'request':
      writeEntity(writer, body);
      writer.u8(body.characteristic);
      writer.string(body.name);
      if (body.headers === undefined) writer.u8(0);
      else writePairs(writer, body.headers, 'headers');
      writeContent(writer, body.params);
      break;
    case 'response':
      writer.u8(body.reason === null ? 0 : 1);
      if (body.reason !== null) writer.string(body.reason);
      writeContent(writer, body.content);
      break;
    case 'auth':
    case 'clearAuth':
      writePairs(writer, body.claims, 'claims');
      break;
    case 'bind':
      writeBind(writer, body);
      break;
    case 'chunk':
      writer.u16(body.chunkId);
      writer.u16(body.chunkCount);
      writer.u16(body.chunkSize);
      if (body.entity !== null) writeEntity(writer, body.entity);
      writer.raw(body.data);
      break;
    case 'keepAlive':
      break;
  }
}

/** Writes the entity that a request is for, which every chunk of it repeats [AO 4.1]. */
export function writeEntity(
  writer: Writer,
  entity: { readonly entityType: number; readonly entityName: string },
): void {
  writer.u8(entity.entityType);
  writer.string(entity.entityName);
}

function writeContent(writer: Writer, table: InfoTable | null): void {
  if (table === null) {
    writer.u8(BASE_TYPES.NOTHING.code);
    return;
  }
  writer.u8(BASE_TYPES.INFOTABLE.code);
  writeInfoTable(writer, table);
}

function writePairs(writer: Writer, pairs: ReadonlyMap<string, string>, what: string): void {
  if (pairs.size > 0xff) throw notEncodable(`${pairs.size} ${what} are more than the 255 that can be counted.`);
  writer.u8(pairs.size);
  for (const [name, value] of pairs) {
    writer.string(name);
    writer.string(value);
  }
}

function writeBind(writer: Writer, { gateway, names }: BindBody): void {
  writer.u8(gateway === null ? 0 : 1);
  if (gateway !== null) {
    writer.string(gateway.name);
    writer.string(gateway.type);
  }
  writeCount(writer, names.length, 'names');
  for (const name of names) writer.string(name);
}
