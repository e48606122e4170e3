import { Composer, type CST, type ErrorCode, Lexer, Parser, type Document as YamlDocument, stringify } from 'yaml';
import { type DocumentLimits, type NotationFault, type ParsedText, tooDeep, tooManyKeys } from './notation.js';
import { yamlFaultText } from './yaml-faults.js';
import { YamlPlaces } from './yaml-places.js';
import { YamlValue } from './yaml-value.js';

/** Words and marks between two pauses, about 20 ms of work. */
const TOKENS_BETWEEN_PAUSES = 10_000;
/** The most faults that are returned: readers start with the first ones, and each takes a line. */
const MAX_FAULTS = 100;

/** Reads a YAML text. Yields regularly, so that the caller can do other work in between. */
export function* yamlSteps(text: string, limits: DocumentLimits): Generator<void, ParsedText, void> {
  if (hasMoreLines(text, limits.maxLines)) return refused(tooLong(`${limits.maxLines} lines`));
  const tokens = yield* tokenSteps(text, limits);
  const fault = Array.isArray(tokens) ? shapeFault(tokens, limits) : tokens;
  if (fault) return refused(fault);
  yield;
  return compose(tokens as CST.Token[], text.length, limits);
}

function compose(tokens: readonly CST.Token[], endOffset: number, limits: DocumentLimits): ParsedText {
  const faults: NotationFault[] = [];
  const composer = boundedComposer(faults);
  try {
    // At most two documents are composed, to detect that there is more than one.
    const documents = composer.compose(tokens, true, endOffset);
    const document = documents.next().value as YamlDocument.Parsed | undefined;
    if (!document) return refused({ offset: 0, message: 'there is no document', hint: 'write one YAML document' });
    const second = documents.next().value as YamlDocument.Parsed | undefined;
    faults.push(...faultsOf(document));
    if (second) faults.push({ offset: second.range[0], ...yamlFaultText('MULTIPLE_DOCS') });
    return valueOf(document, faults, limits);
  } catch (error) {
    if (error !== TOO_MANY_FAULTS) throw error;
    return { value: undefined, faults: atMost(faults), offsetOf: () => 0 };
  }
}

const refused = (fault: NotationFault): ParsedText => ({ value: undefined, faults: [fault], offsetOf: () => 0 });

function* tokenSteps(text: string, limits: DocumentLimits): Generator<void, CST.Token[] | NotationFault, void> {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    count += 1;
    if (count > limits.maxTokens) return tooLong(`${limits.maxTokens} words, marks and line ends`);
    if (count % TOKENS_BETWEEN_PAUSES === 0) yield;
    for (const token of parser.next(lexeme)) tokens.push(token);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

const tooLong = (what: string): NotationFault => ({
  offset: 0,
  message: `the document has more than ${what}`,
  hint: 'split it, or write it as JSON',
});

function hasMoreLines(text: string, count: number): boolean {
  let lines = 0;
  for (let end = text.indexOf('\n'); end !== -1 && lines <= count; end = text.indexOf('\n', end + 1)) lines += 1;
  return lines > count;
}

const TOO_MANY_FAULTS = new Error('too many faults');

/**
 * Returns a composer that adds its errors to `faults` and stops at their limit. The library itself has no limit and creates
 * an error with a stack trace for each fault, which takes seconds for a string that consists of faults.
 */
function boundedComposer(faults: NotationFault[]): Composer {
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, merge: false, version: '1.2' });
  const report = (source: FaultSource, code: ErrorCode): void => {
    // Each enclosing collection catches and reports again what is thrown here.
    if (faults.length <= MAX_FAULTS) faults.push({ offset: startOf(source), ...yamlFaultText(code) });
    if (faults.length > MAX_FAULTS) throw TOO_MANY_FAULTS;
  };
  return Object.assign(composer, { onError: report });
}

/** The forms in which the composer passes the place of a fault. */
type FaultSource = number | readonly [number, number] | { readonly offset: number };

function startOf(source: FaultSource): number {
  if (typeof source === 'number') return source;
  return 'offset' in source ? source.offset : source[0];
}

const faultsOf = ({ errors, warnings }: YamlDocument.Parsed): NotationFault[] =>
  [...errors, ...warnings].map(({ code, pos }) => ({ offset: pos[0], ...yamlFaultText(code) }));

function valueOf(document: YamlDocument.Parsed, faults: readonly NotationFault[], limits: DocumentLimits): ParsedText {
  const maker = new YamlValue(limits);
  const value = faults.length === 0 ? maker.of(document.contents) : undefined;
  const places = new YamlPlaces(document.contents, maker.targets);
  return {
    value,
    faults: atMost([...faults, ...maker.faults]),
    offsetOf: (path, part) => places.offsetOf(path, part),
  };
}

function atMost(faults: readonly NotationFault[]): readonly NotationFault[] {
  const sorted = [...faults].sort((a, b) => a.offset - b.offset);
  const next = sorted[MAX_FAULTS];
  if (!next) return sorted;
  return [...sorted.slice(0, MAX_FAULTS), { offset: next.offset, message: 'there are more errors from here on' }];
}

/**
 * Checks depth and width of a string before it is composed, level by level without recursion. Composing recurses and must not
 * receive a string that would exhaust the stack.
 */
function shapeFault(tokens: readonly CST.Token[], limits: DocumentLimits): NotationFault | undefined {
  let depth = 0;
  let level: CST.Token[] = [...tokens];
  while (level.length > 0) {
    const next: CST.Token[] = [];
    for (const token of level) for (const child of childrenOf(token)) next.push(child);
    const wide = next.find((token) => isCollection(token) && token.items.length > limits.maxKeys && isMapOf(token));
    if (wide) return tooManyKeys(limits, wide.offset);
    if (next.some(isCollection)) depth += 1;
    if (depth > limits.maxDepth) return tooDeep(limits);
    level = next;
  }
  return undefined;
}

type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;

const isCollection = (token: CST.Token): token is Collection =>
  token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection';

const isMapOf = (token: CST.Token): boolean =>
  token.type === 'block-map' || (token.type === 'flow-collection' && token.start.type === 'flow-map-start');

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap((item) => [item.key, item.value].filter((part): part is CST.Token => Boolean(part)));
}

/** Returns a value as YAML for human readers. */
export const toYaml = (value: unknown): string => stringify(value, { lineWidth: 0 });
