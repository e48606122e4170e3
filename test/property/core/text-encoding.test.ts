import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeText } from '../../../src/core/text-encoding.js';

const text = fc.string({ unit: 'binary' }).filter((sample) => !sample.includes('\0') && !sample.startsWith('\uFEFF'));

describe('decodeText', () => {
  it('returns every text that was encoded as UTF-8, with a byte order mark or without', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (sample, hasMark) => {
        const bytes = Buffer.from(hasMark ? `\uFEFF${sample}` : sample);
        expect(decodeText(bytes)).toEqual({ ok: true, text: sample });
      }),
    );
  });

  it('agrees with a strict decoder on whether bytes are UTF-8, and reports the first invalid byte', () => {
    const strict = (bytes: Uint8Array): boolean => {
      try {
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    const bytes = fc.array(
      fc.oneof(
        text.map((sample) => Buffer.from(sample)),
        fc.uint8Array({ min: 1, maxLength: 3 }),
      ),
    );
    fc.assert(
      fc.property(bytes, (parts) => {
        const all = Buffer.concat([Buffer.from('x'), ...parts]);
        const decoded = decodeText(all);
        expect(decoded.ok).toBe(strict(all));
        if (decoded.ok || decoded.fault.line > 1) return;
        const before = all.toString('utf8').slice(0, decoded.fault.column - 1);
        expect(strict(all.subarray(0, Buffer.byteLength(before)))).toBe(true);
        expect(strict(all.subarray(0, Buffer.byteLength(before) + 4))).toBe(false);
      }),
    );
  });

  it('never reads UTF-16 of mostly ASCII text as UTF-8', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme-ascii' }),
        fc.boolean(),
        fc.boolean(),
        (sample, isBe, hasMark) => {
          const bytes = Buffer.from(hasMark ? `\uFEFF${sample}` : sample, 'utf16le');
          expect(decodeText(isBe ? bytes.swap16() : bytes)).toMatchObject({
            ok: false,
            fault: { message: `is UTF-16 ${isBe ? 'BE' : 'LE'} text, not UTF-8` },
          });
        },
      ),
    );
  });
});
