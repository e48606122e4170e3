import { describe, expect, it } from '@jest/globals';
import { decodeInfoTable } from '../../../../src/alwayson/codec/info-table-reader.js';
import { DEFAULT_LIMITS, completeLimits } from '../../../../src/alwayson/codec/limits.js';
import { Reader } from '../../../../src/alwayson/codec/reader.js';
import { ShapeCache, type ShapePlan } from '../../../../src/alwayson/codec/shape-cache.js';
import { type Bytes, cell, field, row, table } from '../../../support/codec/byte-builder.js';

const readerOf = (bytes: Bytes, offset = 0): Reader => new Reader(Buffer.from(bytes), offset, DEFAULT_LIMITS);
const shapeOf = (...names: readonly string[]): Bytes => [...names.flatMap((name) => field(name, 0)), 0];
const PLAN: ShapePlan = { fields: [], types: [] };

function remembered(cache: ShapeCache, bytes: Bytes, plan: ShapePlan = PLAN): void {
  const reader = readerOf(bytes);
  reader.offset = bytes.length;
  cache.remember(reader, 0, plan);
}

describe('remembered data shapes', () => {
  it('are found wherever they are in a frame, and the reader moves behind them', () => {
    const cache = new ShapeCache();
    remembered(cache, shapeOf('a', 'b'));
    const reader = readerOf([9, 9, ...shapeOf('a', 'b'), 7], 2);
    expect(cache.find(reader)).toBe(PLAN);
    expect(reader.u8()).toBe(7);
  });

  it('are found by all their bytes, not by similar ones', () => {
    const cache = new ShapeCache();
    remembered(cache, shapeOf('abc'));
    for (const other of [
      shapeOf('abd'),
      shapeOf('abc', 'd'),
      [...field('abc', 1), 0],
      shapeOf('abc').slice(0, -1),
      [],
    ]) {
      const reader = readerOf(other);
      expect(cache.find(reader)).toBeUndefined();
      expect(reader.offset).toBe(0);
    }
  });

  it('that differ only at their end share a slot, which holds four', () => {
    const cache = new ShapeCache();
    const long = (last: number): Bytes => shapeOf('a', 'b', 'c', 'd', 'e', 'f', `last${last}`);
    for (let last = 0; last < 5; last++) remembered(cache, long(last), { fields: [], types: [] });
    expect([0, 1, 2, 3, 4].map((last) => cache.find(readerOf(long(last))) !== undefined)).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it('are not large', () => {
    const cache = new ShapeCache();
    const large = shapeOf(...Array.from({ length: 120 }, (_, index) => `field${index}`));
    remembered(cache, large);
    expect(cache.find(readerOf(large))).toBeUndefined();
  });

  it('do not serve limits that a small shape can pass', () => {
    expect(ShapeCache.serves(DEFAULT_LIMITS)).toBe(true);
    for (const tighter of [{ maxFields: 50 }, { maxAspects: 10 }, { maxStringBytes: 100 }]) {
      expect(ShapeCache.serves(completeLimits(tighter))).toBe(false);
    }
  });

  it('are correct however many displace each other', () => {
    for (let round = 0; round < 2; round++) {
      for (let number = 0; number < 1_000; number++) {
        const bytes = table([field(`f${number}`, number % 2 === 0 ? 0 : 15)], [row(cell.text(0, 'x'))]);
        expect(decodeInfoTable(Uint8Array.from(bytes)).fields).toEqual([
          { name: `f${number}`, description: '', baseType: number % 2 === 0 ? 'STRING' : 'TEXT', aspects: new Map() },
        ]);
      }
    }
  });
});
