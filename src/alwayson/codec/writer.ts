import { notEncodable } from './codec-errors.js';
import { SHORT_TEXT_LENGTH, writeShortText, writeText } from './text.js';

/** Small messages are slices of a slab of this size, as Node.js allocates small buffers. */
const SLAB_BYTES = 65_536;
/** If fewer bytes than this are left in the slab, the next message begins a new one. */
const SLAB_REST_BYTES = 4_096;
/** A scratch buffer above this size is not kept for the next message. */
const KEPT_SCRATCH_BYTES = 4 * 1_048_576;

/** The class of the slices of a Buffer; constructing one directly takes half the time of `subarray`. */
const BufferView = (Buffer as unknown as { readonly [Symbol.species]: typeof Uint8Array })[
  Symbol.species
] as unknown as new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;

/** Far above what any peer accepts; keeps a defect from using up all memory. */
const LARGEST_MESSAGE_BYTES = 256 * 1_048_576;

const doubleView = new DataView(new ArrayBuffer(8));

/**
 * Builds one message after another. A small message is written in its final place; one that outgrows the slab moves to
 * a reused scratch buffer and is copied once when it is complete. All numbers are big-endian.
 */
export class Writer {
  /** The buffer that the message is written to. */
  bytes: Buffer;
  offset = 0;
  /** How many tables and variants are being written. */
  depth = 0;
  #slab: Buffer;
  #slabUsed = 0;
  #scratch: Buffer | undefined;

  constructor() {
    this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.bytes = this.#slab;
  }

  /** Begins a message; anything written since the last `finish` is discarded. */
  begin(): void {
    if (SLAB_BYTES - this.#slabUsed < SLAB_REST_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
    }
    this.bytes = this.#slab;
    this.offset = this.#slabUsed;
    this.depth = 0;
  }

  /** Returns the message that has been written. */
  finish(): Buffer {
    const { bytes, offset } = this;
    if (bytes === this.#slab) {
      const message = new BufferView(bytes.buffer, this.#slabUsed, offset - this.#slabUsed);
      this.#slabUsed = offset;
      return message;
    }
    const message = Buffer.allocUnsafeSlow(offset);
    message.set(bytes.subarray(0, offset));
    this.bytes = this.#slab;
    if (bytes.length > KEPT_SCRATCH_BYTES) this.#scratch = undefined;
    return message;
  }

  /** Ensures that `length` more bytes fit. */
  reserve(length: number): void {
    if (this.offset + length > this.bytes.length) this.#grow(length);
  }

  u8(value: number): void {
    if (this.offset === this.bytes.length) this.#grow(1);
    this.bytes[this.offset++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    const { bytes, offset } = this;
    bytes[offset] = value >>> 8;
    bytes[offset + 1] = value;
    this.offset = offset + 2;
  }

  /** The lower 32 bits of an integer. */
  u32(value: number): void {
    this.reserve(4);
    const { bytes, offset } = this;
    bytes[offset] = value >>> 24;
    bytes[offset + 1] = value >>> 16;
    bytes[offset + 2] = value >>> 8;
    bytes[offset + 3] = value;
    this.offset = offset + 4;
  }

  f64(value: number): void {
    doubleView.setFloat64(0, value);
    this.u32(doubleView.getInt32(0));
    this.u32(doubleView.getInt32(4));
  }

  /** A safe integer as a signed 64-bit one. */
  i64(value: number): void {
    this.u32(Math.floor(value / 0x1_0000_0000));
    this.u32(value);
  }

  exactI64(value: bigint): void {
    this.reserve(8);
    this.offset = this.bytes.writeBigInt64BE(value, this.offset);
  }

  /** A string; a lone surrogate becomes U+FFFD. */
  string(text: string): void {
    const { length } = text;
    this.reserve(4 + 3 * length);
    if (length <= SHORT_TEXT_LENGTH) {
      const end = writeShortText(this.bytes, text, this.offset + 1);
      this.bytes[this.offset] = end - this.offset - 1;
      this.offset = end;
      return;
    }
    // Most texts have as many bytes as characters: the size of the prefix is guessed from that and corrected if wrong.
    const at = this.offset;
    const guess = length < 0x80 ? 1 : 4;
    const written = writeText(this.bytes, text, at + guess);
    if (written >= 0x80 && guess === 1) this.bytes.copyWithin(at + 4, at + 1, at + 1 + written);
    if (written < 0x80) this.bytes[at] = written;
    else this.u32(written | 0x8000_0000);
    this.offset = at + (written < 0x80 ? 1 : 4) + written;
  }

  /** A plain 4-byte length and the bytes. */
  blob(value: Uint8Array): void {
    this.u32(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.offset);
    this.offset += value.length;
  }

  /** Moves the message to a buffer in which `length` more bytes fit. */
  #grow(length: number): void {
    const start = this.bytes === this.#slab ? this.#slabUsed : 0;
    const written = this.offset - start;
    const needed = written + length;
    if (needed > LARGEST_MESSAGE_BYTES)
      throw notEncodable(
        `The message is longer than ${LARGEST_MESSAGE_BYTES} bytes, more than any peer accepts; send less.`,
      );
    let larger = this.#scratch;
    if (larger === undefined || larger.length < needed)
      larger = Buffer.allocUnsafeSlow(Math.max(2 * needed, SLAB_BYTES));
    larger.set(this.bytes.subarray(start, this.offset));
    this.#scratch = larger;
    this.bytes = larger;
    this.offset = written;
  }
}

/** The idle writer. One is enough, since building a message is synchronous. */
let idle: Writer | undefined;

/** Calls `write` with a writer and returns the message that was written. */
export function build(write: (writer: Writer) => void): Buffer {
  const writer = idle ?? new Writer();
  idle = undefined;
  try {
    writer.begin();
    write(writer);
    return writer.finish();
  } finally {
    idle = writer;
  }
}
