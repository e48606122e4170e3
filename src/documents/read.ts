import { open } from 'node:fs/promises';
import {
  Composer,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type Document as YamlDocument,
} from 'yaml';
import { AgentError, messageOf } from '../core/errors.js';
import { documentDepth } from './depth.js';
import type { DocumentPath, Origin, Problem } from './problem.js';

export interface DocumentLimits {
  /** Of the text, in UTF-8. */
  readonly maxBytes: number;
  /** Collections inside one another. */
  readonly maxDepth: number;
  /** How often anchored nodes may be repeated in all: a small text must not grow into a large value. */
  readonly maxAliases: number;
}

export const DEFAULT_DOCUMENT_LIMITS: DocumentLimits = { maxBytes: 4 * 1024 * 1024, maxDepth: 64, maxAliases: 100 };

/** A value and where each part of it came from: one file, or several merged. */
export interface LocatedValue {
  readonly value: unknown;
  /**
   * Where the value at `path` is, or what is nearest above it when it is not there.
   * @param part `key` to point at the name of the last part rather than its value.
   */
  locate(path: DocumentPath, part?: 'key' | 'value'): Origin;
}

/** A YAML or JSON text that was read. With problems, its value is not to be used. */
export interface SourceDocument extends LocatedValue {
  readonly file: string;
  /** Errors of the notation itself; empty for a text that is in order. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a YAML or JSON file.
 * @throws AgentError `DocumentUnreadable` when the file cannot be read; errors in it are `problems` of the document.
 */
export async function readDocument(file: string, limits: Partial<DocumentLimits> = {}): Promise<SourceDocument> {
  const { maxBytes } = { ...DEFAULT_DOCUMENT_LIMITS, ...limits };
  return parseDocument(await readText(file, maxBytes), file, limits);
}

/** Reads a YAML or JSON text; `file` is the name that its problems give. Never throws. */
export function parseDocument(text: string, file: string, limits: Partial<DocumentLimits> = {}): SourceDocument {
  const bounds = { ...DEFAULT_DOCUMENT_LIMITS, ...limits };
  const unusable = (message: string, hint: string): SourceDocument => {
    const origin = { source: file, line: 1, column: 1 };
    return { file, value: undefined, locate: () => origin, problems: [{ origin, path: [], message, hint }] };
  };
  if (Buffer.byteLength(text) > bounds.maxBytes) {
    return unusable(`the document is larger than ${bounds.maxBytes} bytes`, 'split it');
  }
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  if (documentDepth(tokens, bounds.maxDepth) > bounds.maxDepth) {
    return unusable(`the document is nested more than ${bounds.maxDepth} levels deep`, 'make it flatter');
  }
  const composer = new Composer({ prettyErrors: false, uniqueKeys: true, version: '1.2' });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (!document) return unusable('the document cannot be read', 'write one YAML or JSON document');
  return toSourceDocument(document, second, { file, lines, maxAliases: bounds.maxAliases });
}

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly maxAliases: number;
}

function toSourceDocument(
  document: YamlDocument.Parsed,
  second: YamlDocument.Parsed | undefined,
  source: Source,
): SourceDocument {
  const originAt = (offset: number): Origin => {
    const { line, col } = source.lines.linePos(offset);
    return { source: source.file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: Problem[] = [...document.errors, ...document.warnings].map((error) => ({
    origin: originAt(error.pos[0]),
    path: [],
    message: error.message,
  }));
  if (second) {
    problems.push({ origin: originAt(second.range[0]), path: [], message: 'only one document in a file is read' });
  }
  let value: unknown;
  try {
    value = problems.length === 0 ? document.toJS({ maxAliasCount: source.maxAliases }) : undefined;
  } catch (error) {
    problems.push({ origin: originAt(0), path: [], message: messageOf(error), hint: 'repeat less with anchors' });
  }
  return {
    file: source.file,
    value,
    problems,
    locate: (path, part = 'value') => originAt(offsetOf(document, path, part)),
  };
}

/** Offset of the value (or key) at `path`; of the key of the nearest part above it when it is not there. */
function offsetOf(document: YamlDocument.Parsed, path: DocumentPath, part: 'key' | 'value'): number {
  let node = resolve(document.contents, document);
  let keyOffset = node?.range?.[0] ?? 0;
  for (const step of path) {
    const pair = childOf(node, step);
    if (!pair) return keyOffset;
    keyOffset = pair.keyOffset ?? pair.value?.range?.[0] ?? keyOffset;
    node = resolve(pair.value, document);
  }
  return part === 'key' ? keyOffset : (node?.range?.[0] ?? keyOffset);
}

const resolve = (node: Node | null | undefined, document: YamlDocument.Parsed): Node | null | undefined =>
  isAlias(node) ? node.resolve(document) : node;

interface Child {
  readonly keyOffset: number | undefined;
  readonly value: Node | null | undefined;
}

function childOf(node: Node | null | undefined, step: string | number): Child | undefined {
  if (!isCollection(node)) return undefined;
  if (isSeq(node)) {
    const item = typeof step === 'number' ? node.items[step] : undefined;
    return item === undefined ? undefined : { keyOffset: undefined, value: item as Node };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((candidate) => keyText(candidate) === String(step));
  return pair && { keyOffset: (pair.key as Node | null)?.range?.[0], value: pair.value as Node | null };
}

/** The name as `toJS` makes it of a scalar key. */
function keyText(pair: Pair): string | undefined {
  if (!isScalar(pair.key)) return undefined;
  const value = pair.key.value as string | number | boolean | null;
  return value === null ? '' : String(value);
}

async function readText(file: string, maxBytes: number): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) throw new Error('it is a directory');
      return await readAtMost(handle.createReadStream({ end: maxBytes, autoClose: false }));
    } finally {
      await handle.close();
    }
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : messageOf(error);
    throw new AgentError('DocumentUnreadable', `${file}: cannot be read: ${why}`, { cause: error });
  }
}

/** Reads one byte more than the limit allows, so that the caller sees that it was passed. */
async function readAtMost(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
