import { frameTruncated, limitExceeded } from './codec-errors.js';
import type { CodecLimits } from './limits.js';
import { sliceText } from './text.js';

/** Converts two halves to an IEEE-754 double; one shared view is cheaper than a view for every frame. */
const doubleView = new DataView(new ArrayBuffer(8));

/**
 * A position in one frame. Every read checks that its bytes are there before it allocates or advances, and throws
 * FrameTruncated with the offset of the value. All numbers are big-endian.
 */
export class Reader {
  readonly bytes: Buffer;
  readonly end: number;
  readonly limits: CodecLimits;
  offset: number;
  /** How many tables and variants are being read. */
  depth = 0;

  constructor(bytes: Buffer, offset: number, limits: CodecLimits) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.limits = limits;
    this.offset = offset;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.end - this.offset;
  }

  /** Advances by `length` bytes and returns where they start. */
  take(length: number): number {
    const start = this.offset;
    if (length > this.end - start) throw frameTruncated(start, length - (this.end - start));
    this.offset = start + length;
    return start;
  }

  u8(): number {
    const start = this.offset;
    if (start >= this.end) throw frameTruncated(start, 1);
    this.offset = start + 1;
    return this.bytes[start] as number;
  }

  u16(): number {
    const start = this.take(2);
    return ((this.bytes[start] as number) << 8) | (this.bytes[start + 1] as number);
  }

  i32(): number {
    const start = this.take(4);
    const { bytes } = this;
    return (
      ((bytes[start] as number) << 24) |
      ((bytes[start + 1] as number) << 16) |
      ((bytes[start + 2] as number) << 8) |
      (bytes[start + 3] as number)
    );
  }

  u32(): number {
    return this.i32() >>> 0;
  }

  f64(): number {
    this.#need(8);
    doubleView.setInt32(0, this.i32());
    doubleView.setInt32(4, this.i32());
    return doubleView.getFloat64(0);
  }

  /** A signed 64-bit integer as a number: exact up to 2^53, rounded beyond. */
  i64(): number {
    this.#need(8);
    return this.i32() * 0x1_0000_0000 + this.u32();
  }

  /** A signed 64-bit integer: a number where that is exact, else a bigint. */
  exactI64(): number | bigint {
    const start = this.offset;
    const near = this.i64();
    return Number.isSafeInteger(near) ? near : this.bytes.readBigInt64BE(start);
  }

  /** A string: one length byte below 128, otherwise four with the top bit set [AO 3.1]. */
  string(): string {
    const at = this.offset;
    let length = this.u8();
    if (length >= 0x80) {
      this.offset = at;
      length = this.i32() & 0x7fff_ffff;
    }
    if (length > this.limits.maxStringBytes) {
      throw limitExceeded('bytes in a string', length, this.limits.maxStringBytes, at);
    }
    if (length === 0) return '';
    const start = this.take(length);
    return sliceText(this.bytes, start, start + length);
  }

  /**
   * A 4-byte length and its bytes, as a copy, since the frame may be a view of a larger buffer. alwayson-py sets the top
   * bit of the length, as in the length of a long string.
   */
  blob(): Uint8Array {
    const at = this.offset;
    const length = this.i32() & 0x7fff_ffff;
    if (length > this.limits.maxBlobBytes) {
      throw limitExceeded('bytes in a BLOB or IMAGE', length, this.limits.maxBlobBytes, at);
    }
    const start = this.take(length);
    return Uint8Array.prototype.slice.call(this.bytes, start, start + length);
  }

  #need(length: number): void {
    if (length > this.end - this.offset) throw frameTruncated(this.offset, length - (this.end - this.offset));
  }
}

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
