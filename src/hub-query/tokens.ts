import { AgentError } from '../core/errors.js';

export interface Token {
  /** A `quotedName` is in double square brackets, so it is never a keyword. */
  readonly kind: 'name' | 'quotedName' | 'string' | 'number' | 'symbol' | 'end';
  /** The text of the token in the query; empty for the end. */
  readonly text: string;
  /** The value of a string or number, or the name without its brackets. */
  readonly value?: string | number | bigint;
  /** The index of its first character in the query. */
  readonly offset: number;
}

const NAME = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const NUMBER = /(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)/y;
const SYMBOL = /<=|>=|!=|<>|[=<>+\-*/%()[\],.]/y;
const BLANK = /\s+/y;

const SHOWN_TOKEN_CHARACTERS = 40;

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  "'": "'",
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Splits a query into tokens. The last token is of kind `end`.
 * @throws AgentError `QueryInvalid` with line and column.
 */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = skipBlanks(text, 0);
  while (offset < text.length) {
    const token = opensQuotedName(text, offset, tokens.at(-1))
      ? readQuotedName(text, offset)
      : readToken(text, offset, tokens.at(-1));
    tokens.push(token);
    offset = skipBlanks(text, offset + token.text.length);
  }
  tokens.push({ kind: 'end', text: '', offset: text.length });
  return tokens;
}

/** Whether a name in double brackets begins. The array after IN begins with one bracket, as in `IN [[[a]], 'b']`. */
function opensQuotedName(text: string, offset: number, previous: Token | undefined): boolean {
  return text.startsWith('[[', offset) && !(previous?.kind === 'name' && /^N?IN$/i.test(previous.text));
}

/** Reads a name of any characters but `]]`; there are no escapes. */
function readQuotedName(text: string, offset: number): Token {
  const end = text.indexOf(']]', offset + 2);
  if (end === -1)
    throw queryInvalid(text, offset, text.slice(offset), 'the name in double square brackets has no closing `]]`');
  const value = text.slice(offset + 2, end);
  if (value === '') throw queryInvalid(text, offset, '[[]]', 'there is no name between the double square brackets');
  return { kind: 'quotedName', text: text.slice(offset, end + 2), value, offset };
}

function readToken(text: string, offset: number, previous: Token | undefined): Token {
  const first = text[offset];
  if (first === "'" || first === '"') return readString(text, offset);
  const number = matchAt(NUMBER, text, offset);
  if (number !== undefined) return readNumber(text, offset, number);
  const name = matchAt(NAME, text, offset);
  if (name !== undefined) return { kind: 'name', text: name, offset };
  const symbol = matchAt(SYMBOL, text, offset);
  if (symbol !== undefined) return { kind: 'symbol', text: symbol, offset };
  const character = String.fromCodePoint(text.codePointAt(offset) as number);
  const isInName = previous?.kind === 'name' && previous.offset + previous.text.length === offset;
  const hint = isInName ? `; ${bracketHint(text, offset, character)}` : '';
  throw queryInvalid(text, offset, character, `this character has no meaning here${hint}`);
}

/** Returns how to write the name around `token`, which a bare name cannot contain. */
function bracketHint(text: string, offset: number, token: string): string {
  const before = /[\p{L}\p{N}_$-]*$/u.exec(text.slice(Math.max(0, offset - SHOWN_TOKEN_CHARACTERS), offset))?.[0] ?? '';
  const after =
    /^[\p{L}\p{N}_$-]*/u.exec(text.slice(offset + token.length, offset + SHOWN_TOKEN_CHARACTERS))?.[0] ?? '';
  const name = token.startsWith('.') ? `${token.slice(1)}${after}` : `${before}${token}${after}`;
  return `a name that is not made of letters, digits and _ stands in double square brackets: [[${name}]]`;
}

function readNumber(text: string, offset: number, number: string): Token {
  const value = Number(number);
  const next = matchAt(NAME, text, offset + number.length);
  if (next !== undefined) {
    const hint = bracketHint(text, offset, number + next);
    throw queryInvalid(text, offset, number + next, `this is neither a number nor a name; ${hint}`);
  }
  if (!Number.isFinite(value)) throw queryInvalid(text, offset, number, 'the number is too large');
  return { kind: 'number', text: number, value: exactNumber(number, value), offset };
}

/** Returns the number, as a bigint for a whole number beyond 2^53, like the JSON of twins. */
function exactNumber(text: string, value: number): number | bigint {
  return Number.isSafeInteger(value) || !/^(?:\d+|0x[0-9a-f]+)$/i.test(text) ? value : BigInt(text);
}

function readString(text: string, offset: number): Token {
  const quote = text[offset];
  let value = '';
  let at = offset + 1;
  while (text[at] !== quote) {
    if (at >= text.length) throw queryInvalid(text, offset, text.slice(offset), 'the string has no closing quote');
    if (text[at] === '\\') {
      const escape = readEscape(text, at);
      value += escape.value;
      at += escape.length;
    } else {
      value += text[at];
      at += 1;
    }
  }
  return { kind: 'string', text: text.slice(offset, at + 1), value, offset };
}

function readEscape(text: string, offset: number): { readonly value: string; readonly length: number } {
  const letter = text[offset + 1] ?? '';
  if (letter === 'u') {
    const digits = text.slice(offset + 2, offset + 6);
    if (/^[0-9a-fA-F]{4}$/.test(digits)) {
      return { value: String.fromCharCode(Number.parseInt(digits, 16)), length: 6 };
    }
  } else {
    const value = Object.hasOwn(SIMPLE_ESCAPES, letter) ? SIMPLE_ESCAPES[letter] : undefined;
    if (value !== undefined) return { value, length: 2 };
  }
  throw queryInvalid(
    text,
    offset,
    text.slice(offset, offset + 2),
    'an escape is one of \\\' \\" \\\\ \\n \\r \\t \\b \\f \\/ \\uXXXX',
  );
}

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

function skipBlanks(text: string, offset: number): number {
  return offset + (matchAt(BLANK, text, offset)?.length ?? 0);
}

/** Returns the error for `token` at `offset`; `problem` says what is wrong or what was expected. */
export function queryInvalid(text: string, offset: number, token: string, problem: string): AgentError {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - before.lastIndexOf('\n');
  const shown = token.length > SHOWN_TOKEN_CHARACTERS ? `${token.slice(0, SHOWN_TOKEN_CHARACTERS)}...` : token;
  const subject = token === '' ? 'the end of the query' : `\`${shown}\``;
  return new AgentError('QueryInvalid', `Line ${line}, column ${column}, at ${subject}: ${problem}.`, {
    context: { line, column, token: shown },
  });
}
