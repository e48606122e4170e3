/** No answer of a hub may be longer: a page of 1,000 rows of 8 kB. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** What the open answers of a hub hold together, apart from one chunk of each. */
const MAX_TOTAL_BYTES = 3 * MAX_BODY_BYTES;

/** The part of one answer. */
export interface BodyShare {
  /** Counts bytes that have arrived. Returns false when reading has to pause until `resume` is called. */
  add(bytes: number): boolean;
  /** Frees what was counted. Idempotent. */
  close(): void;
}

interface Reader {
  bytes: number;
  readonly resume: () => void;
}

/**
 * Bounds the bytes of all open answers of one hub. The last `MAX_BODY_BYTES` are kept for one answer at a time, which can
 * therefore always be read to its end: answers never wait for one another in a circle.
 */
export class BodyBudget {
  readonly #sharedBytes: number;
  readonly #waiting = new Set<Reader>();
  #usedBytes = 0;
  /** The answer that may use the kept part. */
  #privileged: Reader | undefined;

  constructor(maxTotalBytes = MAX_TOTAL_BYTES, keptBytes = MAX_BODY_BYTES) {
    this.#sharedBytes = Math.max(0, maxTotalBytes - keptBytes);
  }

  /** The bytes of all open answers. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  open(resume: () => void): BodyShare {
    const reader: Reader = { bytes: 0, resume };
    let isOpen = true;
    return {
      add: (bytes) => {
        this.#usedBytes += bytes;
        reader.bytes += bytes;
        if (this.#mayRead(reader)) return true;
        this.#waiting.add(reader);
        return false;
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#usedBytes -= reader.bytes;
        this.#waiting.delete(reader);
        if (this.#privileged === reader) this.#privileged = undefined;
        this.#resumeWaiting();
      },
    };
  }

  #mayRead(reader: Reader): boolean {
    if (this.#usedBytes <= this.#sharedBytes) return true;
    this.#privileged ??= reader;
    return this.#privileged === reader;
  }

  #resumeWaiting(): void {
    for (const reader of this.#waiting) {
      if (!this.#mayRead(reader)) return;
      this.#waiting.delete(reader);
      reader.resume();
    }
  }
}
