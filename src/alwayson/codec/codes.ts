/**
 * Message codes [AO 2.1]: class (3 bits) and detail (5 bits), as in CoAP. The names are those of PTC's Java SDK 7.1; the C
 * SDK calls 0x82 Bad Option and 0xA1 Not Implemented. Only the C SDK has KEEP_ALIVE, 0x8C, 0x8D and 0x8F.
 */
export const CODE = {
  GET: 0x01,
  PUT: 0x02,
  POST: 0x03,
  DELETE: 0x04,
  BIND: 0x0a,
  UNBIND: 0x0b,
  AUTH: 0x14,
  CLEARAUTH: 0x15,
  KEEP_ALIVE: 0x1f,
  SUCCESS: 0x40,
  CREATED: 0x41,
  ACCEPTED: 0x42,
  NO_CONTENT: 0x44,
  PARTIAL_CONTENT: 0x46,
  MULTIPLE_CHOICES: 0x60,
  MOVED_PERMANENTLY: 0x61,
  FOUND: 0x62,
  SEE_OTHER: 0x63,
  NOT_MODIFIED: 0x64,
  USE_PROXY: 0x65,
  TEMPORARY_REDIRECT: 0x67,
  BAD_REQUEST: 0x80,
  UNAUTHORIZED: 0x81,
  PAYMENT_REQUIRED: 0x82,
  FORBIDDEN: 0x83,
  NOT_FOUND: 0x84,
  METHOD_NOT_ALLOWED: 0x85,
  NOT_ACCEPTABLE: 0x86,
  REQUEST_TIMEOUT: 0x88,
  CONFLICT: 0x89,
  PRECONDITION_FAILED: 0x8c,
  ENTITY_TOO_LARGE: 0x8d,
  UNSUPPORTED_CONTENT_FORMAT: 0x8f,
  INTERNAL_SERVER_ERROR: 0xa0,
  INVALID_SESSION: 0xa1,
  BAD_GATEWAY: 0xa2,
  SERVICE_UNAVAILABLE: 0xa3,
  GATEWAY_TIMEOUT: 0xa4,
  NOT_IMPLEMENTED: 0xa5,
  COMM_ERROR: 0xe0,
  SERVER_REFUSED: 0xe1,
  SERVER_UNAVAILABLE: 0xe2,
  COMM_TIMEOUT: 0xe3,
  INVALID_PROTOCOL_VERSION: 0xe4,
} as const;

/** Entity types of requests; requests to an edge always use `Things` [AO 6.1]. */
export const ENTITY_TYPE = { Things: 0x0a, Resources: 0x3c } as const;

/** The characteristic of an entity that a request addresses [AO 6]. */
export const CHARACTERISTIC = {
  properties: 1,
  services: 2,
  events: 3,
  propertiesVtq: 4,
  configurationTables: 5,
  content: 6,
} as const;

/** `sessionId` before the platform has assigned one, and `requestId` of messages that belong to no request. */
export const NONE = 0xffffffff;

export const isResponseCode = (code: number): boolean => code >= 0x40;

/** Whether a response is a success: 0x40 to 0x5F are accepted, only 0x40 is sent. */
export const isSuccessCode = (code: number): boolean => code >= 0x40 && code <= 0x5f;

const NAMES = new Map<number, string>(Object.entries(CODE).map(([name, code]) => [code, name]));

/** The name of a message code; for a code without a name its class and detail, such as `4.29`. */
export function codeName(code: number): string {
  return NAMES.get(code) ?? `${code >>> 5}.${String(code & 0x1f).padStart(2, '0')}`;
}
