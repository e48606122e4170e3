import { setImmediate as nextTurn } from 'node:timers/promises';
import { deferred } from '../core/deferred.js';
import { parseJson } from '../core/exact-json.js';
import { longAnswerError, unexpectedAnswerError } from './connection-errors.js';

/** Shorter texts are parsed at once: not even the worst of them holds the event loop. */
const SMALL_LENGTH = 256 * 1024;
/** Elements and members of a whole text, and of one item of its list: 8 MiB of `{},{}` would take more than 100 MB. */
const MAX_PARTS = 500_000;
const MAX_ITEM_PARTS = 250_000;
/** The event loop gets a turn after so much parsing. */
const TURN_MS = 25;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/**
 * The value of a JSON text of a hub, with all digits of its numbers; undefined when it is not JSON. A long list is parsed
 * item by item, so that the event loop is not held.
 * @param maxItems how many items a list may have.
 * @throws AgentError for a list of more items, and, marked as too long, for a text of too many parts.
 */
export async function parseBody(text: string, maxItems: number): Promise<unknown> {
  const items = text.length < SMALL_LENGTH ? undefined : itemsOf(text, maxItems);
  try {
    const value = items ? await parseItems(text, items) : parseJson(text);
    if (Array.isArray(value) && value.length > maxItems) throw tooManyItems(maxItems);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Parses the answers of one hub: long ones one after the other, so that only one of them is in memory in parts. */
export class BodyParser {
  #last: Promise<void> = Promise.resolve();

  /**
   * As `parseBody`. The call stands in no closure: an error keeps the functions of its stack, and a closure would keep the
   * text for as long as the error lives.
   */
  async parse(text: string, maxItems: number): Promise<unknown> {
    if (text.length < SMALL_LENGTH) return await parseBody(text, maxItems);
    const turn = this.#last;
    const parsed = deferred();
    this.#last = parsed.promise;
    await turn;
    try {
      return await parseBody(text, maxItems);
    } finally {
      parsed.resolve();
    }
  }
}

type Span = readonly [start: number, end: number];

async function parseItems(text: string, items: readonly Span[]): Promise<unknown[]> {
  const values: unknown[] = [];
  let turnStartMs = performance.now();
  for (const [start, end] of items) {
    values.push(parseJson(text.slice(start, end)));
    if (performance.now() - turnStartMs < TURN_MS) continue;
    await nextTurn();
    turnStartMs = performance.now();
  }
  return values;
}

/**
 * Where the items of a list stand; undefined when the text is no list, which only a full parse can tell for sure. Counts
 * parts without parsing, so that a text of too many costs neither time nor memory.
 */
function itemsOf(text: string, maxItems: number): Span[] | undefined {
  const start = firstCharacter(text, 0);
  const isList = text.charAt(start) === '[';
  const parts = new PartCount();
  const items: Span[] = [];
  let depth = 0;
  let itemStart = start + 1;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA || isOpening(code)) parts.add();
    else if (!isClosing(code)) continue;
    depth += isOpening(code) ? 1 : isClosing(code) ? -1 : 0;
    if (!isList) continue;
    if (depth === 0 || (depth === 1 && code === COMMA)) {
      items.push([itemStart, at]);
      if (items.length > maxItems) throw tooManyItems(maxItems);
      itemStart = at + 1;
      parts.nextItem();
    }
    if (depth === 0) return firstCharacter(text, at + 1) === text.length ? withoutEmptyList(text, items) : undefined;
  }
  return undefined;
}

/** Counts elements and members up to the limits. */
class PartCount {
  #all = 0;
  #ofItem = 0;

  add(): void {
    this.#all += 1;
    this.#ofItem += 1;
    if (this.#all > MAX_PARTS || this.#ofItem > MAX_ITEM_PARTS) throw longAnswerError();
  }

  nextItem(): void {
    this.#ofItem = 0;
  }
}

/** Between the brackets of an empty list stands no item. */
function withoutEmptyList(text: string, items: Span[]): Span[] {
  const [only] = items;
  return items.length === 1 && only && text.slice(...only).trim() === '' ? [] : items;
}

const isOpening = (code: number): boolean => code === 0x5b || code === 0x7b;
const isClosing = (code: number): boolean => code === 0x5d || code === 0x7d;

function firstCharacter(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1;
  return at;
}

/** Where the quote that ends a string stands; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

const tooManyItems = (maxItems: number): Error =>
  unexpectedAnswerError(`more items than the ${maxItems} that it was asked for`);
