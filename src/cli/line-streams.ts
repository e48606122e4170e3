/** Lines of text from and to streams, within bounds. */

import { StringDecoder } from 'node:string_decoder';
import { once } from 'node:events';
import { printable } from '../core/printable.js';

/** A line that exceeded the maximum length; its text was discarded. */
export const TOO_LONG = Symbol('too long');

const LINE_END = /\r\n|\n|\r/;

/** The lines of a stream, which may end in CR, LF or both. A line longer than `maxLength` characters is `TOO_LONG`. */
export async function* boundedLines(
  input: AsyncIterable<Buffer | string>,
  maxLength: number,
): AsyncGenerator<string | typeof TOO_LONG> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  const add = (text: string): void => {
    length += text.length;
    if (length <= maxLength) parts.push(text);
    else parts = [];
  };
  const take = (): string | typeof TOO_LONG => {
    const line = length > maxLength ? TOO_LONG : parts.join('');
    parts = [];
    length = 0;
    return line;
  };
  let held = '';
  for await (const data of input) {
    const text = held + (typeof data === 'string' ? data : decoder.write(data));
    // The LF of a CR LF may arrive with the next chunk.
    held = text.endsWith('\r') ? '\r' : '';
    const lines = (held === '' ? text : text.slice(0, -1)).split(LINE_END);
    for (const [index, line] of lines.entries()) {
      if (index > 0) yield take();
      add(line);
    }
  }
  const rest = held + decoder.end();
  for (const [index, line] of rest.split(LINE_END).entries()) {
    if (index > 0) yield take();
    add(line);
  }
  if (length > 0) yield take();
}

/** Writes lines to a stream that may be slower than their source. */
export class LineOutput {
  readonly #stream: NodeJS.WritableStream;
  #mustWait = false;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  line(text: string): void {
    this.#mustWait = !this.#stream.write(`${text}\n`);
  }

  /** A JSON value on one line. Characters that would control a terminal are escaped, because JSON does not escape all of them. */
  json(value: unknown): void {
    this.line(printable(JSON.stringify(value)));
  }

  /** Resolves when the stream accepts more; without waiting, a long input would be kept in memory. */
  async drained(): Promise<void> {
    if (!this.#mustWait) return;
    this.#mustWait = false;
    await once(this.#stream, 'drain');
  }
}
