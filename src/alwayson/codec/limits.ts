/** What a decoder accepts at most. A peer is hostile until it has proved otherwise, and even then it has defects. */
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

/** Message, string and age are those of the C SDK; the others leave room above what was seen. */
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

/** What was completed before: a connection asks with the same object for every frame. */
const completed = new WeakMap<Partial<CodecLimits>, CodecLimits>();

/** The defaults with what `limits` sets. */
export function completeLimits(limits?: Partial<CodecLimits>): CodecLimits {
  if (limits === undefined || limits === DEFAULT_LIMITS) return DEFAULT_LIMITS;
  let complete = completed.get(limits);
  if (complete === undefined) {
    complete = { ...DEFAULT_LIMITS, ...limits };
    completed.set(limits, complete);
  }
  return complete;
}
