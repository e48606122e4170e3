/** The limits of a decoder. Peers are not trusted: an unauthenticated one may be hostile, and any may have defects. */
export interface CodecLimits {
  /** Bytes of one frame. */
  readonly maxMessageBytes: number;
  /** Bytes of one string. */
  readonly maxStringBytes: number;
  /** Bytes of one BLOB or IMAGE. */
  readonly maxBlobBytes: number;
  /** Rows of one table. */
  readonly maxRows: number;
  /** Fields of one table, and cells of one row. */
  readonly maxFields: number;
  /** Aspects of one field. */
  readonly maxAspects: number;
  /** Tables and variants inside each other. */
  readonly maxNesting: number;
  /** Names of one BIND. */
  readonly maxNames: number;
  /** Chunks of one multipart message. */
  readonly maxChunks: number;
  /** Bytes of one joined multipart message, and its chunk count times its chunk size. */
  readonly maxJoinedBytes: number;
  /** Multipart messages that are incomplete at the same time. */
  readonly maxPartials: number;
  /** Bytes kept for all incomplete multipart messages. */
  readonly maxPartialBytes: number;
  /** Age at which an incomplete multipart message is dropped. */
  readonly maxPartialAgeMs: number;
}

const MEBIBYTE = 1_048_576;

/** The limits of message, string and age are those of PTC's C SDK [AO 9]; the others are well above observed values. */
export const DEFAULT_LIMITS: CodecLimits = Object.freeze({
  maxMessageBytes: MEBIBYTE,
  maxStringBytes: MEBIBYTE,
  maxBlobBytes: MEBIBYTE,
  maxRows: 100_000,
  maxFields: 2_048,
  maxAspects: 512,
  maxNesting: 16,
  maxNames: 10_000,
  maxChunks: 8_192,
  maxJoinedBytes: MEBIBYTE,
  maxPartials: 64,
  maxPartialBytes: 16 * MEBIBYTE,
  maxPartialAgeMs: 50_000,
});

/** Caches completed limits, since a connection passes the same object for every frame. */
const completed = new WeakMap<Partial<CodecLimits>, CodecLimits>();

/** Returns the defaults, overridden by `limits`. */
export function completeLimits(limits?: Partial<CodecLimits>): CodecLimits {
  if (limits === undefined || limits === DEFAULT_LIMITS) return DEFAULT_LIMITS;
  let complete = completed.get(limits);
  if (complete === undefined) {
    complete = { ...DEFAULT_LIMITS, ...limits };
    completed.set(limits, complete);
  }
  return complete;
}
