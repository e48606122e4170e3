import type { PathExpression } from './syntax.js';
import type { TokenStream } from './token-stream.js';
import type { Token } from './tokens.js';
import { KEYWORDS, REFUSED_WORDS } from './words.js';

/** Parses a path. The caller decides whether its first segments are an alias or a collection. */
export function parsePath(tokens: TokenStream): PathExpression {
  const segments: (string | number)[] = [parseName(tokens, 'expected a property such as tags.site')];
  for (;;) {
    if (tokens.acceptSymbol('.')) {
      const name = tokens.peekName();
      if (name === undefined) throw tokens.invalid('expected the name of a property');
      segments.push(name);
      tokens.next();
    } else if (tokens.acceptSymbol('[')) {
      segments.push(parseBracketSegment(tokens));
      tokens.expectSymbol(']');
    } else {
      refuseUnquotedName(tokens);
      return { kind: 'path', segments };
    }
  }
}

/** Parses a path that arithmetic cannot follow, so that a dash after a name must be meant as a part of it. */
export function parseStandalonePath(tokens: TokenStream): PathExpression {
  const path = parsePath(tokens);
  const dash = dashedName(tokens, -1);
  if (dash) throw tokens.invalid(dash.problem);
  return path;
}

/** Parses a name that is not a keyword, or any name in double square brackets. */
export function parseName(tokens: TokenStream, expectation: string): string {
  const name = tokens.peekName();
  if (name === undefined) throw tokens.invalid(expectation);
  if (tokens.peek().kind === 'name') {
    const word = name.toUpperCase();
    if (REFUSED_WORDS.has(word)) throw tokens.invalid(`Azure IoT Hub does not know ${word}`);
    if (KEYWORDS.has(word)) {
      throw tokens.invalid(`${expectation}; ${word} as a name stands in double square brackets: [[${name}]]`);
    }
  }
  tokens.next();
  return name;
}

function parseBracketSegment(tokens: TokenStream): string | number {
  const { kind, value } = tokens.peek();
  const isIndex = kind === 'number' && Number.isSafeInteger(value);
  if (kind !== 'string' && !isIndex) throw tokens.invalid("expected a property's name in quotes, or an index");
  tokens.next();
  return value as string | number;
}

function refuseUnquotedName(tokens: TokenStream): void {
  const token = tokens.peek();
  if (token.kind === 'quotedName') {
    throw tokens.invalid('a name in double square brackets is joined to a path by a dot, as in tags.[[group]]');
  }
  if (token.kind === 'number' && token.text.startsWith('.') && touches(tokens.peek(-1), token)) {
    const name = token.text.slice(1);
    throw tokens.invalid(`a name that begins with a digit stands in double square brackets: [[${name}]]`);
  }
  const dash = dashedName(tokens, -1);
  if (dash && tokens.peek(1).kind === 'name') throw tokens.invalid(dash.problem);
}

/**
 * Returns the dash and a remedy if the token `at` (as in `peek`) is a name directly followed by a dash, and that directly by
 * a letter, digit or dash.
 */
export function dashedName(
  tokens: TokenStream,
  at: number,
): { readonly token: Token; readonly problem: string } | undefined {
  const [name, dash, rest] = [tokens.peek(at), tokens.peek(at + 1), tokens.peek(at + 2)];
  const isDash = name.kind === 'name' && dash.text === '-' && touches(name, dash);
  if (!isDash || !touches(dash, rest)) return undefined;
  if (rest.kind !== 'name' && rest.kind !== 'number' && rest.text !== '-') return undefined;
  const whole = `${name.text}-${rest.text}`;
  const problem = `a name with a dash stands in double square brackets: [[${whole}]]; to subtract, put blanks around the minus sign`;
  return { token: dash, problem };
}

const touches = (token: Token, next: Token): boolean => token.offset + token.text.length === next.offset;
