import type { InfoTable } from './values-model.js';

/** The 15-byte header before every body, without the multipart marker [AO 2]. */
export interface MessageHeader {
  readonly code: number;
  readonly requestId: number;
  readonly endpointId: number;
  readonly sessionId: number;
}

/** GET, PUT, POST, DELETE. */
export interface RequestBody {
  readonly kind: 'request';
  readonly entityType: number;
  readonly entityName: string;
  /** One of CHARACTERISTIC. */
  readonly characteristic: number;
  readonly name: string;
  /** Absent if there are none: no SDK of PTC sends any. */
  readonly headers?: ReadonlyMap<string, string>;
  /** Parameters: one row with a field for each parameter; null for none. */
  readonly params: InfoTable | null;
}

/** Codes from 0x40. */
export interface ResponseBody {
  readonly kind: 'response';
  readonly reason: string | null;
  readonly content: InfoTable | null;
}

/** AUTH, and CLEARAUTH of PTC's Java SDK. Claims are `appKey`, or `userid` and `password`. */
export interface AuthBody {
  readonly kind: 'auth' | 'clearAuth';
  readonly claims: ReadonlyMap<string, string>;
}

/** BIND and UNBIND. */
export interface BindBody {
  readonly kind: 'bind';
  readonly unbind: boolean;
  readonly gateway: { readonly name: string; readonly type: string } | null;
  readonly names: readonly string[];
}

/** One part of a multipart message [AO 4.1]. */
export interface ChunkBody {
  readonly kind: 'chunk';
  /** From 1. */
  readonly chunkId: number;
  readonly chunkCount: number;
  /** The size of the sender's largest chunk, not of this one. */
  readonly chunkSize: number;
  /** Repeated in every chunk of a request, so that a router can forward it. */
  readonly entity: { readonly entityType: number; readonly entityName: string } | null;
  readonly data: Uint8Array;
}

/** Code 0x1F: a no-op; any body is ignored. */
export interface KeepAliveBody {
  readonly kind: 'keepAlive';
}

export type WholeBody = RequestBody | ResponseBody | AuthBody | BindBody | KeepAliveBody;
export type MessageBody = WholeBody | ChunkBody;

export interface Message<Body extends MessageBody = MessageBody> extends MessageHeader {
  readonly body: Body;
  /** Bytes after a complete body, which defects of C SDK edges cause [AO 9.1]. */
  readonly trailingBytes: number;
}
