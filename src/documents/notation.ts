import type { DocumentPath } from './problem.js';

export interface DocumentLimits {
  /** Bytes of the text in UTF-8. */
  readonly maxBytes: number;
  /** Levels of nested collections. */
  readonly maxDepth: number;
  /** How many values all aliases may repeat: a small text must not expand into a large value. */
  readonly maxRepeatedValues: number;
  /** Keys of one map. */
  readonly maxKeys: number;
  /** Lines of a YAML text, including those within multi-line strings. */
  readonly maxLines: number;
  /** Words, marks and line ends of a YAML text, on which the time to read it depends. */
  readonly maxTokens: number;
}

export const DEFAULT_DOCUMENT_LIMITS: DocumentLimits = {
  maxBytes: 4 * 1024 * 1024,
  maxDepth: 64,
  maxRepeatedValues: 10_000,
  maxKeys: 5000,
  maxLines: 200_000,
  maxTokens: 500_000,
};

/** A syntax error at an offset of the text. Never repeats a value, which may be a secret. */
export interface NotationFault {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

/** A parsed JSON or YAML text: its value, its errors, and the place of each part. */
export interface ParsedText {
  /** Not to be used if there are faults. A whole number that a double cannot hold exactly is a bigint. */
  readonly value: unknown;
  readonly faults: readonly NotationFault[];
  /** Returns the offset of the value (or key) at `path`, or of its nearest ancestor if it does not exist. */
  offsetOf(path: DocumentPath, part: 'key' | 'value'): number;
}

export const tooDeep = (limits: DocumentLimits, offset = 0): NotationFault => ({
  offset,
  message: `the document is nested more than ${limits.maxDepth} levels deep`,
  hint: 'make it flatter',
});

export const tooManyKeys = (limits: DocumentLimits, offset: number): NotationFault => ({
  offset,
  message: `this map has more than ${limits.maxKeys} keys`,
  hint: 'split it',
});

export const duplicateKey = (offset: number): NotationFault => ({ offset, message: 'Map keys must be unique' });
