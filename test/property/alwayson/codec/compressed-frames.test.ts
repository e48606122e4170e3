import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { compressibleBytes } from '../../../../src/alwayson/codec/multipart.js';
import { seededNumbers } from '../../../support/codec/frame-mutation.js';

/** The bytes that permessage-deflate sends: the deflated ones without the four at the end of a flush. */
function compressedBytes(bytes: Uint8Array): number {
  return deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).length - 4;
}

describe('frames that are compressed', () => {
  it('are never longer than announced, even if nothing can be compressed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 256, max: 65_535 }), fc.nat(), (maxFrameBytes, seed) => {
        const below = seededNumbers(seed);
        const frame = Uint8Array.from({ length: compressibleBytes(maxFrameBytes) }, () => below(256));
        expect(compressedBytes(frame)).toBeLessThanOrEqual(maxFrameBytes);
      }),
      { numRuns: 60 },
    );
  });

  it('keep 16 bytes in reserve at the usual size', () => expect(compressibleBytes(8192)).toBe(8176));
});
