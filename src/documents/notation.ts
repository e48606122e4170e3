import type { DocumentPath } from './problem.js';

export interface DocumentLimits {
  /** Of the text, in UTF-8. */
  readonly maxBytes: number;
  /** Collections inside one another. */
  readonly maxDepth: number;
  /** How many values aliases may repeat in all: a small text must not grow into a large value. */
  readonly maxRepeatedValues: number;
  /** Keys of one map. */
  readonly maxKeys: number;
  /** Of a YAML text, those within texts included. */
  readonly maxLines: number;
  /** Words, marks and line ends of a YAML text: what the time to read it depends on. */
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

/** An error of the notation, at an offset of the text. Never repeats a value, which may be a secret. */
export interface NotationFault {
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

/** A text in its notation, JSON or YAML: its value, what is wrong with it, and where each part is. */
export interface ParsedText {
  /** Of no use when there are faults. A whole number that a double cannot hold exactly is a bigint. */
  readonly value: unknown;
  readonly faults: readonly NotationFault[];
  /** Offset of the value (or key) at `path`, or of the nearest part above it when it is not there. */
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
