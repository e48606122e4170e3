import { notEncodable } from './codec-errors.js';
import { writeText } from './text.js';

const FIRST_BYTES = 65_536;
/** A writer that grew above this is not kept for the next message. */
const KEPT_BYTES = 4 * 1_048_576;
/** Below this many characters a loop is cheaper than a call out of JavaScript. */
const LOOPED_TEXT_LENGTH = 16;

const doubleView = new DataView(new ArrayBuffer(8));

/**
 * Builds one message in a buffer that grows by doubling and is used again for the next message. All numbers are
 * big-endian.
 */
export class Writer {
  bytes: Buffer;
  offset = 0;
  /** Tables and variants that are open. */
  depth = 0;

  constructor(firstBytes: number = FIRST_BYTES) {
    this.bytes = Buffer.allocUnsafeSlow(firstBytes);
  }

  /** A copy of what was written. */
  finish(): Buffer {
    const { bytes, offset } = this;
    const copy = Buffer.allocUnsafe(offset);
    bytes.copy(copy, 0, 0, offset);
    return copy;
  }

  /** Makes room for `length` more bytes. */
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

  /** A string (protocol notes 3.1); a lone surrogate becomes U+FFFD. */
  string(text: string): void {
    const { length } = text;
    this.reserve(4 + 3 * length);
    if (length < LOOPED_TEXT_LENGTH && this.#loopAscii(text)) return;
    // Most texts are as many bytes as characters: the length prefix is guessed from that, and mended if need be.
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

  /** Writes a short text if it is ASCII. What it leaves behind the offset when it is not does no harm. */
  #loopAscii(text: string): boolean {
    const { bytes, offset } = this;
    const { length } = text;
    bytes[offset] = length;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) return false;
      bytes[offset + 1 + index] = unit;
    }
    this.offset = offset + 1 + length;
    return true;
  }

  #grow(length: number): void {
    const needed = this.offset + length;
    if (needed > 0x3fff_ffff) throw notEncodable('The message is larger than any buffer.');
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.offset);
    this.bytes = larger;
  }
}

/** The writer that no message is being built in. One suffices: building is synchronous. */
let idle: Writer | undefined;

/** Lends a writer to `build` and returns what was built. */
export function build(build: (writer: Writer) => void): Buffer {
  const writer = idle ?? new Writer();
  idle = undefined;
  writer.offset = 0;
  writer.depth = 0;
  build(writer);
  const built = writer.finish();
  if (writer.bytes.length <= KEPT_BYTES) idle = writer;
  return built;
}
