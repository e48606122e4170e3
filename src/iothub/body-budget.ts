/** The longest response of a hub: a page of 1,000 rows of 8 kB. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** The most bytes of all pending responses of a hub together, apart from one chunk of each. */
const MAX_TOTAL_BYTES = 3 * MAX_BODY_BYTES;

/** The share of one response. */
export interface BodyShare {
  /** Counts bytes that have arrived. Returns false if reading must pause until `resume` is called. */
  add(bytes: number): boolean;
  /** Releases the counted bytes. Idempotent. */
  close(): void;
}

interface Reader {
  bytes: number;
  readonly resume: () => void;
}

/**
 * Bounds the bytes of all pending responses of one hub. The last `MAX_BODY_BYTES` are reserved for one response at a time,
 * which can therefore always be read to its end, so that responses cannot deadlock.
 */
export class BodyBudget {
  readonly #sharedBytes: number;
  readonly #waiting = new Set<Reader>();
  #usedBytes = 0;
  /** The response that may use the reserved part. */
  #privileged: Reader | undefined;

  constructor(maxTotalBytes = MAX_TOTAL_BYTES, reservedBytes = MAX_BODY_BYTES) {
    this.#sharedBytes = Math.max(0, maxTotalBytes - reservedBytes);
  }

  /** The bytes of all pending responses. */
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
