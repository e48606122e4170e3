import type { AgentError } from '../core/errors.js';
import { queryInvalid, type Token, tokenize } from './tokens.js';

/** The deepest nesting of brackets, NOTs and signs; the limit of the service is not documented. */
const MAX_NESTING = 100;

/** The tokens of a query, read from the first to the last. */
export class TokenStream {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  /** The number of tokens that have been read. */
  get position(): number {
    return this.#index;
  }

  /** Returns the token `ahead` (0: the next one, -1: the previous one); after the last token the end token. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.peek();
    this.#index += 1;
    return token;
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.text === symbol;
  }

  /** Whether a token is this word, in any case; `word` must be in capitals. */
  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'name' && token.text.toUpperCase() === word;
  }

  /** Returns the next token if it is a name, with or without brackets. Keywords are names too. */
  peekName(): string | undefined {
    const token = this.peek();
    if (token.kind === 'quotedName') return token.value as string;
    return token.kind === 'name' ? token.text : undefined;
  }

  acceptSymbol(symbol: string): boolean {
    const found = this.isSymbol(symbol);
    if (found) this.#index += 1;
    return found;
  }

  acceptWord(word: string): boolean {
    const found = this.isWord(word);
    if (found) this.#index += 1;
    return found;
  }

  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.invalid(`expected \`${symbol}\``);
  }

  expectWord(word: string): void {
    if (!this.acceptWord(word)) throw this.invalid(`expected ${word}`);
  }

  /** Returns the error for `token`, by default the next one. */
  invalid(problem: string, token = this.peek()): AgentError {
    return queryInvalid(this.#text, token.offset, token.text, problem);
  }

  /** Parses something nested. @throws AgentError `QueryInvalid` if it is nested too deep for the stack. */
  nested<T>(read: () => T): T {
    if (this.#depth >= MAX_NESTING) throw this.invalid(`more than ${MAX_NESTING} levels of nesting`);
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }
}
