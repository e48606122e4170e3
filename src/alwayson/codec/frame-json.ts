import { AgentError, isAgentError, messageOf } from '../../core/errors.js';
import { bodyKindOf } from './body.js';
import { CODE, codeName } from './codes.js';
import { type FrameTableJson, tableFromFrameJson, tableToFrameJson } from './frame-json-values.js';
import { type JsonObject, booleanAt, countAt, hexAt, jsonInvalid, listAt, objectAt, textAt } from './json-input.js';
import type { AuthBody, BindBody, ChunkBody, Message, MessageBody, MessageHeader } from './message.js';
import type { InfoTable } from './values-model.js';

/** Replaces the value of a claim that must not be shown. */
export const MASK = '********';

const LARGEST_U32 = 0xffff_ffff;
const LARGEST_U16 = 0xffff;

/** A frame as `twx-iothub frames decode` prints it. */
export interface FrameJson {
  readonly version: 1;
  readonly code: number;
  readonly codeName: string;
  readonly requestId: number;
  readonly endpointId: number;
  readonly sessionId: number;
  readonly multipart: boolean;
  readonly body: JsonObject;
  /** Only when there are any. */
  readonly trailingBytes?: number;
}

export interface FrameErrorJson {
  readonly error: { readonly code: string; readonly message: string; readonly offset: number };
}

/** Returns the JSON form of a message. Claims of an AUTH are masked unless `showSecrets` is set. */
export function frameToJson(message: Message, options: { readonly showSecrets: boolean }): FrameJson {
  const { code, requestId, endpointId, sessionId, body, trailingBytes } = message;
  const json: FrameJson = {
    version: 1,
    code,
    codeName: codeName(code),
    requestId,
    endpointId,
    sessionId,
    multipart: body.kind === 'chunk',
    body: bodyToJson(body, options.showSecrets),
  };
  return trailingBytes > 0 ? { ...json, trailingBytes } : json;
}

/** Returns the JSON form of the error of a frame that cannot be decoded. */
export function frameErrorToJson(error: unknown): FrameErrorJson {
  const offset = isAgentError(error) ? Number(error.context['offset'] ?? 0) : 0;
  return { error: { code: isAgentError(error) ? error.code : 'Internal', message: messageOf(error), offset } };
}

function bodyToJson(body: MessageBody, showSecrets: boolean): JsonObject {
  switch (body.kind) {
    case 'request': {
      const { headers, params, ...request } = body;
      const json = { ...request, params: contentToJson(params) };
      return headers === undefined ? json : { ...json, headers: Object.fromEntries(headers) };
    }
    case 'response':
      return { ...body, content: contentToJson(body.content) };
    case 'auth':
    case 'clearAuth':
      return { kind: body.kind, claims: claimsToJson(body, showSecrets) };
    case 'bind':
    case 'keepAlive':
      return { ...body };
    case 'chunk': {
      const { kind, chunkId, chunkCount, chunkSize, entity, data } = body;
      return { kind, chunkId, chunkCount, chunkSize, ...entity, data: Buffer.from(data).toString('hex') };
    }
  }
}

const contentToJson = (table: InfoTable | null): FrameTableJson | null =>
  table === null ? null : tableToFrameJson(table);

/** Every claim may be a secret: an application key or a password. */
function claimsToJson({ claims }: AuthBody, showSecrets: boolean): JsonObject {
  return Object.fromEntries([...claims].map(([name, value]) => [name, showSecrets ? value : MASK]));
}

/**
 * Returns the message of a JSON form; `codeName`, `multipart` and `trailingBytes` are ignored. Throws AgentError
 * InvalidArgument, which names the place.
 */
export function frameFromJson(json: unknown): { readonly header: MessageHeader; readonly body: MessageBody } {
  const frame = objectAt(json, 'frame');
  if ('error' in frame)
    throw new AgentError('InvalidArgument', 'The frame could not be decoded, so there is nothing to encode.');
  if ((frame['version'] ?? 1) !== 1) throw jsonInvalid('version', '1');
  const header = {
    code: countAt(frame['code'], 'code', 0xff),
    requestId: countAt(frame['requestId'], 'requestId', LARGEST_U32),
    endpointId: countAt(frame['endpointId'], 'endpointId', LARGEST_U32),
    sessionId: countAt(frame['sessionId'], 'sessionId', LARGEST_U32),
  };
  return { header, body: bodyFromJson(objectAt(frame['body'], 'body'), header.code) };
}

function bodyFromJson(body: JsonObject, code: number): MessageBody {
  switch (body['kind']) {
    case 'request':
      return {
        kind: 'request',
        ...entityFromJson(body),
        characteristic: countAt(body['characteristic'], 'body.characteristic', 0xff),
        name: textAt(body['name'], 'body.name'),
        ...headersFromJson(body['headers']),
        params: contentFromJson(body['params'], 'body.params'),
      };
    case 'response':
      return {
        kind: 'response',
        reason: body['reason'] === null ? null : textAt(body['reason'], 'body.reason'),
        content: contentFromJson(body['content'], 'body.content'),
      };
    case 'auth':
    case 'clearAuth':
      return { kind: body['kind'], claims: claimsFromJson(objectAt(body['claims'], 'body.claims')) };
    case 'bind':
      return bindFromJson(body, code);
    case 'chunk':
      return chunkFromJson(body, code);
    case 'keepAlive':
      return { kind: 'keepAlive' };
    default:
      throw jsonInvalid('body.kind', 'request, response, auth, clearAuth, bind, chunk or keepAlive');
  }
}

function headersFromJson(json: unknown): { readonly headers?: ReadonlyMap<string, string> } {
  if (json === undefined) return {};
  const headers = Object.entries(objectAt(json, 'body.headers'));
  if (headers.length === 0) return {};
  return { headers: new Map(headers.map(([name, value]) => [name, textAt(value, `body.headers.${name}`)])) };
}

function contentFromJson(json: unknown, path: string): InfoTable | null {
  return json === null ? null : tableFromFrameJson(json, path);
}

function entityFromJson(body: JsonObject): { readonly entityType: number; readonly entityName: string } {
  return {
    entityType: countAt(body['entityType'], 'body.entityType', 0xff),
    entityName: textAt(body['entityName'], 'body.entityName'),
  };
}

function claimsFromJson(claims: JsonObject): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(claims).map(([name, json]) => {
      const value = textAt(json, `body.claims.${name}`);
      if (value !== MASK) return [name, value];
      throw new AgentError('InvalidArgument', `The claim ${name} is masked; decode the frame with --show-secrets.`);
    }),
  );
}

function bindFromJson(body: JsonObject, code: number): BindBody {
  const json = body['gateway'] === null ? null : objectAt(body['gateway'], 'body.gateway');
  const gateway = json && {
    name: textAt(json['name'], 'body.gateway.name'),
    type: textAt(json['type'], 'body.gateway.type'),
  };
  return {
    kind: 'bind',
    unbind: booleanAt(body['unbind'] ?? code === CODE.UNBIND, 'body.unbind'),
    gateway,
    names: listAt(body['names'], 'body.names').map((name, index) => textAt(name, `body.names[${index}]`)),
  };
}

function chunkFromJson(body: JsonObject, code: number): ChunkBody {
  return {
    kind: 'chunk',
    chunkId: countAt(body['chunkId'], 'body.chunkId', LARGEST_U16),
    chunkCount: countAt(body['chunkCount'], 'body.chunkCount', LARGEST_U16),
    chunkSize: countAt(body['chunkSize'], 'body.chunkSize', LARGEST_U16),
    entity: bodyKindOf(code) === 'request' ? entityFromJson(body) : null,
    data: hexAt(body['data'], 'body.data'),
  };
}
