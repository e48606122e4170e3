import { setImmediate as nextTurn } from 'node:timers/promises';
import { AgentError, messageOf } from '../core/errors.js';
import { readRegularFile } from '../core/regular-file.js';
import { decodeText } from '../core/text-encoding.js';
import { INEXACT_NUMBER, inexactNumbers, withoutExtensions } from './document-value.js';
import { readJsonText } from './json-text.js';
import { DEFAULT_DOCUMENT_LIMITS, type DocumentLimits, type ParsedText } from './notation.js';
import type { DocumentPath, Origin, Problem } from './problem.js';
import { yamlSteps } from './yaml-text.js';

/** A value with the origin of each part: one file, or several that were merged. */
export interface LocatedValue {
  readonly value: unknown;
  /**
   * Returns the origin of the value at `path`, or of its nearest ancestor if it does not exist.
   * @param part `key` for the name of the last part instead of its value.
   */
  locate(path: DocumentPath, part?: 'key' | 'value'): Origin;
}

/** A YAML or JSON document. If it has problems, its value must not be used. */
export interface SourceDocument extends LocatedValue {
  readonly file: string;
  /** Errors of encoding and syntax, and numbers that cannot be represented exactly. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a YAML or JSON file in UTF-8. Merge keys (`<<`) are applied, and keys of the top level that begin with `x-`, which
 * are for anchors, are omitted. Yields to the event loop in between.
 * @throws AgentError `DocumentUnreadable` if the file cannot be read; errors within it are `problems` of the document.
 */
export async function readDocument(file: string, limits: Partial<DocumentLimits> = {}): Promise<SourceDocument> {
  const bounds = { ...DEFAULT_DOCUMENT_LIMITS, ...limits };
  const bytes = await readRegularFile(file, bounds.maxBytes).catch((error: unknown) => {
    throw new AgentError('DocumentUnreadable', `${file}: cannot be read: ${messageOf(error)}`, { cause: error });
  });
  if (bytes.length > bounds.maxBytes) return tooLarge(file, bounds);
  const decoded = decodeText(bytes);
  if (!decoded.ok) {
    const { message, hint, line, column } = decoded.fault;
    return unusable({ origin: { source: file, line, column }, path: [], message: `the file ${message}`, hint });
  }
  const steps = documentSteps(decoded.text, file, bounds);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    await nextTurn();
  }
}

/** Reads a YAML or JSON text; `file` is the name in its problems. Never throws. */
export function parseDocument(text: string, file: string, limits: Partial<DocumentLimits> = {}): SourceDocument {
  const bounds = { ...DEFAULT_DOCUMENT_LIMITS, ...limits };
  if (Buffer.byteLength(text) > bounds.maxBytes) return tooLarge(file, bounds);
  const steps = documentSteps(text, file, bounds);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

function* documentSteps(text: string, file: string, limits: DocumentLimits): Generator<void, SourceDocument, void> {
  const parsed = readJsonText(text, limits) ?? (yield* yamlSteps(text, limits));
  return sourceDocument(parsed, text, file);
}

function sourceDocument(parsed: ParsedText, text: string, file: string): SourceDocument {
  const lines = new LineIndex(text);
  const originAt = (offset: number): Origin => ({ source: file, ...lines.placeOf(offset) });
  const locate: LocatedValue['locate'] = (path, part = 'value') => originAt(parsed.offsetOf(path, part));
  const notation = parsed.faults.map(({ offset, ...texts }): Problem => ({
    origin: originAt(offset),
    path: [],
    ...texts,
  }));
  const value = notation.length === 0 ? withoutExtensions(parsed.value) : undefined;
  const numbers = inexactNumbers(value).map((path): Problem => ({ origin: locate(path), path, ...INEXACT_NUMBER }));
  return { file, value, problems: [...notation, ...numbers], locate };
}

const tooLarge = (file: string, { maxBytes }: DocumentLimits): SourceDocument =>
  unusable({
    origin: { source: file, line: 1, column: 1 },
    path: [],
    message: `the document is larger than ${maxBytes} bytes`,
    hint: 'split it',
  });

function unusable(problem: Problem): SourceDocument {
  const { origin } = problem;
  return { file: origin.source, value: undefined, locate: () => origin, problems: [problem] };
}

/** Returns the line and column of an offset in a string. The lines are counted once, when the first place is needed. */
class LineIndex {
  readonly #text: string;
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Returns line and column from 1; the column counts UTF-16 code units. */
  placeOf(offset: number): { readonly line: number; readonly column: number } {
    const starts = (this.#starts ??= lineStarts(this.#text));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: Math.max(0, offset - (starts[low] ?? 0)) + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return starts;
}
