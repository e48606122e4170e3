import { AgentError } from '../../core/errors.js';
import { bodyKindOf, readBody, writeBody } from './body.js';
import { frameMalformed, limitExceeded, notEncodable } from './codec-errors.js';
import { CODE } from './codes.js';
import { type CodecLimits, completeLimits } from './limits.js';
import type { ChunkBody, Message, MessageBody, MessageHeader, WholeBody } from './message.js';
import { Reader, asBuffer } from './reader.js';
import { type Writer, build } from './writer.js';

/** The length of the header before every body [AO 2]. */
export const HEADER_BYTES = 15;

const VERSION = 1;

/**
 * Decodes one frame: a complete message or a chunk. Bytes after a complete body are counted in `trailingBytes` and are not
 * an error [AO 9.1]. The data of a chunk is a view of `frame`; everything else is independent of it.
 *
 * Throws AgentError FrameTruncated, FrameMalformed, FrameLimitExceeded, UnknownBaseType, UnknownMessageCode or
 * UnknownVersion, each with `context.offset`: the byte of the frame at which the error was found.
 */
export function decodeMessage(frame: Uint8Array, limits?: Partial<CodecLimits>): Message {
  const reader = new Reader(asBuffer(frame), 0, completeLimits(limits));
  if (reader.end > reader.limits.maxMessageBytes) {
    throw limitExceeded('bytes in a frame', reader.end, reader.limits.maxMessageBytes, 0);
  }
  const version = reader.u8();
  if (version !== VERSION) {
    throw new AgentError('UnknownVersion', `The protocol version ${version} is unknown; only version 1 is supported.`, {
      context: { offset: 0, version },
    });
  }
  return readMessage(reader);
}

function readMessage(reader: Reader): Message {
  const code = reader.u8();
  const requestId = reader.u32();
  const endpointId = reader.u32();
  const sessionId = reader.u32();
  const isChunk = reader.u8() !== 0;
  const kind = bodyKindOf(code);
  if (kind === undefined) {
    throw new AgentError('UnknownMessageCode', `The message code 0x${code.toString(16).padStart(2, '0')} is unknown.`, {
      context: { offset: 1, messageCode: code },
    });
  }
  if (isChunk && isAuth(kind)) throw frameMalformed('An AUTH cannot be a chunk.', HEADER_BYTES - 1);
  const body = isChunk && kind !== 'keepAlive' ? readChunk(reader, kind === 'request') : readBody(reader, kind, code);
  return { code, requestId, endpointId, sessionId, body, trailingBytes: reader.remaining };
}

function readChunk(reader: Reader, hasEntity: boolean): ChunkBody {
  const chunkId = reader.u16();
  const chunkCount = reader.u16();
  const chunkSize = reader.u16();
  const entity = hasEntity ? { entityType: reader.u8(), entityName: reader.string() } : null;
  const start = reader.take(reader.remaining);
  return { kind: 'chunk', chunkId, chunkCount, chunkSize, entity, data: reader.bytes.subarray(start) };
}

/** Encodes one frame. Throws AgentError ValueNotEncodable. */
export function encodeMessage(header: MessageHeader, body: MessageBody): Buffer {
  checkPair(header.code, body);
  return build((writer) => {
    writeHeader(writer, header, body.kind === 'chunk');
    writeBody(writer, body);
  });
}

function writeHeader(writer: Writer, header: MessageHeader, isChunk: boolean): void {
  writer.u8(VERSION);
  writer.u8(header.code);
  writer.u32(header.requestId);
  writer.u32(header.endpointId);
  writer.u32(header.sessionId);
  writer.u8(isChunk ? 1 : 0);
}

function checkPair(code: number, body: MessageBody): void {
  const kind = bodyKindOf(code);
  if (code > 0xff || kind === undefined) throw notEncodable(`${code} is not a message code.`);
  const fits =
    body.kind === 'chunk'
      ? !isAuth(kind) && kind !== 'keepAlive' && (kind === 'request') === (body.entity !== null)
      : body.kind === kind && (body.kind !== 'bind' || body.unbind === (code === CODE.UNBIND));
  if (!fits) throw notEncodable(`A ${body.kind} cannot be the body of a message of code ${code}.`);
}

const isAuth = (kind: WholeBody['kind']): boolean => kind === 'auth' || kind === 'clearAuth';

/**
 * Reads the header of a frame whose body may be malformed, so that a request in it can be refused with 0x80. Returns
 * undefined if the header is incomplete or its version unknown.
 */
export function peekHeader(frame: Uint8Array): (MessageHeader & { readonly multipart: boolean }) | undefined {
  if (frame.length < HEADER_BYTES || frame[0] !== VERSION) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, HEADER_BYTES);
  return {
    code: view.getUint8(1),
    requestId: view.getUint32(2),
    endpointId: view.getUint32(6),
    sessionId: view.getUint32(10),
    multipart: view.getUint8(14) !== 0,
  };
}
