import { describe, expect, it } from '@jest/globals';
import { frameToJson } from '../../../../src/alwayson/codec/frame-json.js';
import { tableToFrameJson } from '../../../../src/alwayson/codec/frame-json-values.js';
import { decodeMessage, encodeMessage } from '../../../../src/alwayson/codec/frame.js';
import { decodeInfoTable } from '../../../../src/alwayson/codec/info-table-reader.js';
import { encodeInfoTable } from '../../../../src/alwayson/codec/info-table-writer.js';
import type { ChunkBody, Message } from '../../../../src/alwayson/codec/message.js';
import { MultipartJoiner, encodeFrames } from '../../../../src/alwayson/codec/multipart.js';
import { expectedCell, expectedFrameJson, expectedTable } from '../../../support/codec/recorded-json.js';
import { bytesOf, frameVectors, isWhole, valueVectors, withoutStrays } from '../../../support/codec/vectors.js';

const frames = frameVectors().map((vector) => [vector.name, vector] as const);
const readable = frames.filter(([, { decoded }]) => decoded['error'] === undefined);

describe('frames of other software [AO 13]', () => {
  it('has the frames', () => {
    expect(frames).toHaveLength(74);
    expect(readable).toHaveLength(73);
  });

  it.each(readable)('%s decodes to the recorded content', (_, vector) => {
    const json = frameToJson(decodeMessage(bytesOf(vector)), { showSecrets: true });
    expect(json).toEqual(expectedFrameJson(vector.decoded, vector.hex.length / 2));
  });

  it.each(frames)('%s encodes back to the same bytes, stray ones aside', (_, vector) => {
    const message = decodeMessage(bytesOf(vector));
    expect(encodeMessage(message, message.body).toString('hex')).toBe(withoutStrays(vector));
  });

  it('treats a KEEP_ALIVE that has only a header as a no-op [AO 1.4]', () => {
    const vector = frameVectors().find(({ name }) => name.includes('keep_alive'));
    expect(decodeMessage(bytesOf(vector!)).body).toEqual({ kind: 'keepAlive' });
  });
});

describe('multipart messages of other software [AO 4]', () => {
  const chunks = readable.filter(([, vector]) => !isWhole(vector)).map(([, vector]) => vector);
  const ids = new Map(chunks.map((vector) => [vector.decoded['requestId'] as number, vector.name.split('#')[0]!]));

  const ofMessage = (requestId: number) => chunks.filter(({ decoded }) => decoded['requestId'] === requestId);

  it.each([...ids].map(([id, name]) => [name, id] as const))('%s joins to the recorded message', (_, requestId) => {
    const joiner = new MultipartJoiner();
    const parts = ofMessage(requestId);
    const joined = parts.map((vector) => joiner.add(decodeMessage(bytesOf(vector)) as Message<ChunkBody>, 0));
    const recorded = parts.at(-1)?.reassembled;
    if (recorded === undefined) {
      // Only some chunks of this message were recorded.
      expect(joined.every((one) => one === undefined)).toBe(true);
      return;
    }
    const json = frameToJson(joined.at(-1)!, { showSecrets: true });
    expect(json).toEqual(expectedFrameJson({ ...recorded, consumed: undefined } as never, 0));
  });

  it('cuts an answer exactly where the C SDK does [AO 4.3]', () => {
    const parts = chunks.filter(({ name }) => name.startsWith('multipart_response_20000'));
    const joiner = new MultipartJoiner();
    const whole = parts.map((vector) => joiner.add(decodeMessage(bytesOf(vector)) as Message<ChunkBody>, 0)).at(-1)!;
    const frames = encodeFrames(whole, whole.body, { maxFrameBytes: 8192, maxMessageBytes: 1_048_576 });
    expect(frames.map((frame) => frame.toString('hex'))).toEqual(parts.map(({ hex }) => hex));
  });
});

describe('values of other software [AO 3.2, 3.4]', () => {
  const asTable = (hex: string): string => `0101780000000000010001${hex}00`;

  it.each(
    valueVectors()
      .filter(({ kind }) => kind === 'primitive')
      .map((vector) => [vector.name, vector] as const),
  )('%s decodes and encodes back', (_, vector) => {
    const bytes = Buffer.from(asTable(vector.hex), 'hex');
    const table = decodeInfoTable(bytes);
    expect(tableToFrameJson(table).rows).toEqual([[expectedCell(vector.decoded)]]);
    expect(encodeInfoTable(table).equals(bytes)).toBe(true);
  });

  it.each(
    valueVectors()
      .filter(({ kind }) => kind === 'infotable')
      .map((vector) => [vector.name, vector] as const),
  )('%s decodes and encodes back', (_, vector) => {
    const table = decodeInfoTable(bytesOf(vector));
    expect(tableToFrameJson(table)).toEqual(expectedTable(vector.decoded));
    expect(encodeInfoTable(table).toString('hex')).toBe(vector.hex);
  });
});
