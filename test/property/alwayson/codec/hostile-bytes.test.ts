import { describe, expect, it } from '@jest/globals';
import { decodeMessage } from '../../../../src/alwayson/codec/frame.js';
import type { ChunkBody, Message } from '../../../../src/alwayson/codec/message.js';
import { MultipartJoiner } from '../../../../src/alwayson/codec/multipart.js';
import { NOTHING_SPLIT, readRepairing } from '../../../../src/alwayson/codec/split-repair.js';
import { isAgentError } from '../../../../src/core/errors.js';
import { fuzzCodec } from '../../../support/codec/frame-mutation.js';
import {
  bodyTypeOf,
  bytesOf,
  frameVectors,
  isWhole,
  javaVectors,
  withoutStrays,
} from '../../../support/codec/vectors.js';

/** The code with which a frame fails, or undefined; any other error fails the test. */
function failureOf(frame: Uint8Array): string | undefined {
  try {
    decodeMessage(frame);
    return undefined;
  } catch (error) {
    if (isAgentError(error) && typeof error.context['offset'] === 'number') return error.code;
    throw error;
  }
}

const frames = [...frameVectors(), ...javaVectors()].map((vector) => [vector.name, vector] as const);
const whole = frames.filter(([, vector]) => isWhole(vector) && vector.decoded['error'] === undefined);

describe('every frame of other software', () => {
  it.each(whole)('%s is reported as truncated when it is cut at any offset', (_, vector) => {
    const bytes = Buffer.from(withoutStrays(vector), 'hex');
    const failures = Array.from(bytes.keys(), (length) => failureOf(bytes.subarray(0, length)));
    expect(new Set(failures)).toEqual(new Set(['FrameTruncated']));
  });

  it.each(frames)('%s with bytes at their maximum, at every offset, is read or fails with a code', (_, vector) => {
    const bytes = bytesOf(vector);
    const codes = new Set<string | undefined>();
    // 1, 2 and 4 bytes: string lengths, counts, and lengths of long strings and blobs, and the data between them.
    for (const width of [1, 2, 4]) {
      for (let offset = 0; offset < Math.min(bytes.length, 300); offset++) {
        codes.add(failureOf(Uint8Array.from(bytes).fill(0xff, offset, offset + width)));
      }
    }
    codes.delete(undefined);
    expect([...codes].filter((code) => !/^(Frame|Unknown)/.test(code!))).toEqual([]);
  });

  it.each(whole.filter(([, vector]) => bodyTypeOf(vector) !== 'AUTH'))(
    '%s cut into two chunks at every offset, in both orders, is the same message',
    (_, vector) => {
      const bytes = Buffer.from(withoutStrays(vector), 'hex');
      const expected = decodeMessage(bytes);
      const entityBytes = bodyTypeOf(vector) === 'REQUEST' ? 2 + (bytes[16] as number) : 0;
      const start = 15 + entityBytes;
      for (let offset = start; offset <= bytes.length; offset++) {
        const chunks = [bytes.subarray(start, offset), bytes.subarray(offset)].map((data, index) => {
          const head = Buffer.from(bytes.subarray(0, 15)).fill(1, 14);
          const numbers = Buffer.of(0, index + 1, 0, 2, 32, 0);
          return decodeMessage(Buffer.concat([head, numbers, bytes.subarray(15, start), data])) as Message<ChunkBody>;
        });
        for (const order of [chunks, chunks.toReversed()]) {
          const joiner = new MultipartJoiner();
          expect(joiner.add(order[0]!, 0)).toBeUndefined();
          expect(joiner.add(order[1]!, 0)).toEqual(expected);
        }
      }
    },
  );

  it.each(whole.filter(([, vector]) => bodyTypeOf(vector) === 'REQUEST'))(
    '%s cut into two unmarked frames at every offset is the same message [AO 4.4]',
    (_, vector) => {
      const bytes = Buffer.from(withoutStrays(vector), 'hex');
      const outcomes = Array.from({ length: bytes.length - 17 }, (_, index) => {
        const offset = 17 + index;
        const options = { chunkBytes: offset };
        const first = readRepairing(NOTHING_SPLIT, bytes.subarray(0, offset), options);
        const rest = Buffer.concat([bytes.subarray(0, 15), bytes.subarray(offset)]);
        return [...first.outcomes, ...readRepairing(first.state, rest, options).outcomes];
      });
      const message = decodeMessage(bytes);
      expect(outcomes.every((one) => one.length === 1 && one[0]!.kind === 'message')).toBe(true);
      expect(outcomes.at(-1)).toEqual([{ kind: 'message', message }]);
      expect(outcomes[0]).toEqual([{ kind: 'message', message }]);
    },
  );
});

describe('mutated frames', () => {
  it('are read or fail with a code, 50,000 of them, without growing memory', () => {
    const samples = frames.map(([, vector]) => bytesOf(vector)).filter((bytes) => bytes.length < 1000);
    fuzzCodec(samples, 5_000, 1);
    const before = process.memoryUsage();
    const { decoded, failed } = fuzzCodec(samples, 50_000, 20_261_124);
    const after = process.memoryUsage();
    expect(decoded).toBeGreaterThan(5_000);
    expect(Object.keys(failed)).toEqual(
      expect.arrayContaining([
        'FrameTruncated',
        'FrameMalformed',
        'FrameLimitExceeded',
        'UnknownBaseType',
        'UnknownMessageCode',
        'UnknownVersion',
      ]),
    );
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(32_000_000);
  });
});
