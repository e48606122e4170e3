import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { frameFromJson, frameToJson } from '../../../../src/alwayson/codec/frame-json.js';
import { decodeMessage, encodeMessage } from '../../../../src/alwayson/codec/frame.js';
import { decodeInfoTable } from '../../../../src/alwayson/codec/info-table-reader.js';
import { encodeInfoTable } from '../../../../src/alwayson/codec/info-table-writer.js';
import type { ChunkBody, Message, WholeBody } from '../../../../src/alwayson/codec/message.js';
import { MultipartJoiner, encodeFrames } from '../../../../src/alwayson/codec/multipart.js';
import { messages, tables } from '../../../support/codec/arbitraries.js';

const isChunk = (message: Message): message is Message<ChunkBody> => message.body.kind === 'chunk';

describe('whatever is written', () => {
  it('is read unchanged: tables', () => {
    fc.assert(
      fc.property(tables(), (table) => {
        const bytes = encodeInfoTable(table);
        expect(decodeInfoTable(bytes)).toEqual(table);
        // The second time, its data shape is already cached.
        expect(encodeInfoTable(decodeInfoTable(bytes)).equals(bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('is read unchanged: messages', () => {
    fc.assert(
      fc.property(messages, ([header, body]) => {
        expect(decodeMessage(encodeMessage(header, body))).toEqual({ ...header, body, trailingBytes: 0 });
      }),
      { numRuns: 300 },
    );
  });

  it('is read unchanged in chunks of any size, in any order', () => {
    const noAuth = messages.filter(([, { kind }]) => kind !== 'auth');
    fc.assert(
      fc.property(
        noAuth,
        fc.integer({ min: 700, max: 1500 }),
        fc.infiniteStream(fc.nat()),
        ([header, body], maxFrameBytes, order) => {
          const frames = encodeFrames(header, body, { maxFrameBytes, maxMessageBytes: 1_048_576 });
          const read = frames.map((frame) => decodeMessage(frame));
          const keyed = read.map((message) => ({ message, key: order.next().value as number }));
          const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ message }) => message);
          const joiner = new MultipartJoiner();
          const whole = shuffled.map((one) => (isChunk(one) ? joiner.add(one, 0) : (one as Message<WholeBody>)));
          expect(whole.filter(Boolean)).toEqual([{ ...header, body, trailingBytes: 0 }]);
          expect(whole.at(-1)).toBeDefined();
        },
      ),
      { numRuns: 100 },
    );
  });

  it('has the same content and length after a conversion to JSON and back', () => {
    // Bytes may differ in order: JavaScript moves members whose names are whole numbers to the front.
    fc.assert(
      fc.property(messages, ([header, body]) => {
        const bytes = encodeMessage(header, body);
        const json: unknown = JSON.parse(JSON.stringify(frameToJson(decodeMessage(bytes), { showSecrets: true })));
        const back = frameFromJson(json);
        expect(frameToJson({ ...back.header, body: back.body, trailingBytes: 0 }, { showSecrets: true })).toEqual(json);
        expect(encodeMessage(back.header, back.body)).toHaveLength(bytes.length);
      }),
      { numRuns: 200 },
    );
  });
});
