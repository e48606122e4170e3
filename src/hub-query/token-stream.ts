import type { AgentError } from '../core/errors.js';
import { queryInvalid, type Token, tokenize } from './tokens.js';

/** Brackets, NOTs and signs may stand inside each other this deep; the service's own limit is not documented. */
const MAX_NESTING = 100;

/** The tokens of a query while they are read, from the first to the last. */
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

  /** The token `ahead` of the next one (0: the next one, -1: the last one read); the end token after the last. */
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

  /** Whether the next token is this word; `word` in capitals. */
  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'name' && token.text.toUpperCase() === word;
  }

  /** The name that comes next, with or without brackets; `undefined` where there is none. Keywords are names too. */
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

  /** The error about `token`, the next one unless given. */
  invalid(problem: string, token = this.peek()): AgentError {
    return queryInvalid(this.#text, token.offset, token.text, problem);
  }

  /** Reads something nested, and refuses when it is nested too deep to be read safely. */
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
