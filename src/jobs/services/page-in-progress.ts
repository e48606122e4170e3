import { AgentError } from '../../core/errors.js';
import { stringifyJson } from '../../core/exact-json.js';
import { jsonTextBytes, type MessageLimits, usableBytes } from '../result-size.js';

/** Bytes around the rows, and around the hub's token within that of the page. */
const PAGE_OVERHEAD_BYTES = 512;

/** Collects the rows of a page up to a number of rows and of bytes. */
export class PageInProgress {
  readonly rows: Record<string, unknown>[] = [];
  readonly #maxItems: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #isOutOfBytes = false;

  constructor(maxItems: number, limits: MessageLimits) {
    this.#maxItems = maxItems;
    this.#maxBytes = Math.max(1, usableBytes(limits) - PAGE_OVERHEAD_BYTES);
  }

  get isFull(): boolean {
    return this.#isOutOfBytes || this.rows.length >= this.#maxItems;
  }

  /** Adds rows while they fit beside `reservedBytes`; returns how many were added. */
  add(rows: Iterable<Record<string, unknown>>, reservedBytes: number): number {
    let taken = 0;
    for (const row of rows) {
      if (this.isFull) break;
      const bytes = jsonTextBytes(stringifyJson(row) ?? '') + 1;
      if (this.#bytes + bytes + reservedBytes > this.#maxBytes) {
        if (this.rows.length === 0) throw rowTooLarge(bytes);
        this.#isOutOfBytes = true;
        break;
      }
      this.#bytes += bytes;
      this.rows.push(row);
      taken += 1;
    }
    return taken;
  }
}

function rowTooLarge(bytes: number): AgentError {
  return new AgentError(
    'ResultTooLarge',
    `The next row alone has ${bytes} bytes and does not fit into one message of the platform; narrow the query to exclude it.`,
  );
}
