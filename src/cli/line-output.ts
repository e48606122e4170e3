import { once } from 'node:events';
import { printable } from '../core/printable.js';

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
