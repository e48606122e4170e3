import { setImmediate as nextTurn } from 'node:timers/promises';
import { deferred } from '../core/promises.js';
import { closingQuote, parseJson } from '../core/exact-json.js';
import { longAnswerError, unexpectedAnswerError } from './connection-errors.js';

/** Shorter texts are parsed at once, since not even the worst of them blocks the event loop noticeably. */
const SMALL_LENGTH = 256 * 1024;
/** The most elements and members of a string, and of one item of its list: 8 MiB of `{},{}` would take over 100 MB. */
const MAX_PARTS = 500_000;
const MAX_ITEM_PARTS = 250_000;
/** Parsing yields to the event loop after this time. */
const TURN_MS = 25;

const QUOTE = 0x22;
const COMMA = 0x2c;

/**
 * Parses a JSON text of a hub, with all digits of its numbers; returns undefined if it is not JSON. A long list is parsed
 * item by item, so that the event loop is not blocked.
 * @param maxItems the most items of a list.
 * @throws AgentError for a list with more items, and, marked as too long, for a string with too many parts.
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

/** Parses the responses of one hub: long ones one after the other, so that memory holds the parts of only one. */
export class BodyParser {
  #last: Promise<void> = Promise.resolve();

  /**
   * Like `parseBody`. The call is not made from a closure: an error keeps the functions of its stack alive, and a closure
   * would keep the text alive with them.
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
 * Returns the positions of the items of a list; undefined if the text does not look like one, in which case it is parsed
 * as a whole. Counts parts without parsing, so that a string with too many takes neither time nor memory.
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
    if (code === QUOTE) at = closingQuote(text, at);
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

/** Counts elements and members, up to their limits. */
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

/** Removes the item of an empty list, whose brackets enclose nothing. */
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

const tooManyItems = (maxItems: number): Error =>
  unexpectedAnswerError(`more items than the ${maxItems} that were requested`);
