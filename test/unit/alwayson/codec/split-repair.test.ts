import { describe, expect, it } from '@jest/globals';
import { decodeMessage } from '../../../../src/alwayson/codec/frame.js';
import {
  type FrameOutcome,
  NOTHING_SPLIT,
  abandonSplit,
  readRepairing,
} from '../../../../src/alwayson/codec/split-repair.js';
import {
  type Bytes,
  cell,
  chunk,
  field,
  header,
  request,
  response,
  row,
  table,
  text,
} from '../../../support/codec/byte-builder.js';

const CHUNK_BYTES = 256;

/** Reads frames one after another and returns the outcome of each. */
function feed(...frames: readonly Bytes[]): (readonly FrameOutcome[])[] {
  let state = NOTHING_SPLIT;
  return frames.map((frame) => {
    const step = readRepairing(state, Uint8Array.from(frame), { chunkBytes: CHUNK_BYTES });
    state = step.state;
    return step.outcomes;
  });
}

/** A request on Thing1 whose body has `length` bytes. */
function requestOf(length: number): Bytes {
  const make = (filling: number): Bytes =>
    request({ params: [5, ...table([field('t', 0)], [row(cell.text(0, 'x'.repeat(filling)))])] });
  const bytes = make(length - (make(128).length - 15) + 128);
  expect(bytes).toHaveLength(15 + length);
  return bytes;
}

/** What the C SDK sends when it splits without a mark: its slice leaves space for all headers and the entity. */
function cutBySdk(frame: Bytes, entityNameBytes = 6): Bytes[] {
  const slice = CHUNK_BYTES - 21 - 2 - entityNameBytes;
  return [frame.slice(0, 15 + slice), [...frame.slice(0, 15), ...frame.slice(15 + slice)]];
}

const kinds = (outcomes: readonly (readonly FrameOutcome[])[]): string[][] =>
  outcomes.map((one) => one.map(({ kind }) => kind));

describe('two unmarked frames of the C SDK [AO 4.4]', () => {
  const slice = CHUNK_BYTES - 21 - 2 - 6;

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('a request that lacks its last %i bytes is joined with them', (missing) => {
    const whole = requestOf(slice + missing);
    const [first, rest] = cutBySdk(whole);
    const outcomes = feed(first!, rest!);
    expect(outcomes[0]).toEqual([]);
    expect(outcomes[1]).toEqual([{ kind: 'message', message: decodeMessage(Uint8Array.from(whole)) }]);
  });

  it('a request that is complete is followed by a bare header, which is dropped', () => {
    const [first, rest] = cutBySdk(requestOf(slice));
    expect(rest).toHaveLength(15);
    expect(kinds(feed(first!, rest!, request()))).toEqual([['message'], [], ['message']]);
  });

  it('a response is followed by a bare header, which is dropped', () => {
    const frame = response(0x80, [0xff], 'x'.repeat(CHUNK_BYTES - 21 - 6));
    expect(frame).toHaveLength(CHUNK_BYTES - 6);
    expect(kinds(feed(frame, frame.slice(0, 15), frame.slice(0, 15)))).toEqual([['message'], [], ['failed']]);
  });

  it('compression makes the slice 4 bytes smaller', () => {
    const whole = requestOf(slice - 2);
    const frames = [whole.slice(0, 15 + slice - 4), [...whole.slice(0, 15), ...whole.slice(15 + slice - 4)]];
    expect(kinds(feed(...frames))).toEqual([[], ['message']]);
  });

  it('the rest must have the same code and id', () => {
    const [first, rest] = cutBySdk(requestOf(slice + 3));
    const other = [...header(3, { requestId: 8 }), ...rest!.slice(15)];
    const outcomes = feed(first!, other, request());
    expect(kinds(outcomes)).toEqual([[], ['failed', 'failed'], ['message']]);
    expect(outcomes[1]![0]).toMatchObject({ error: { code: 'FrameTruncated' }, header: { code: 3, requestId: 7 } });
  });

  it('another message in place of the rest is read, and the request fails', () => {
    const [first] = cutBySdk(requestOf(slice + 3));
    expect(kinds(feed(first!, response(0x40)))).toEqual([[], ['failed', 'message']]);
  });

  it('a chunk is never taken for a rest', () => {
    const [first] = cutBySdk(requestOf(slice + 3));
    const outcomes = feed(first!, chunk(3, { chunkId: 1, chunkCount: 2, entity: [10, ...text('Thing1')], data: [1] }));
    expect(kinds(outcomes)).toEqual([[], ['failed', 'message']]);
  });

  it('a joined request that still cannot be decoded fails once', () => {
    const [first, rest] = cutBySdk(requestOf(slice + 3));
    expect(kinds(feed(first!, rest!.slice(0, -1), rest!))).toEqual([[], ['failed'], ['failed']]);
  });

  it('the caller gives up on a rest that never arrives', () => {
    const [first] = cutBySdk(requestOf(slice + 3));
    const { state } = readRepairing(NOTHING_SPLIT, Uint8Array.from(first!), { chunkBytes: CHUNK_BYTES });
    expect(abandonSplit(state)).toMatchObject([{ kind: 'failed', header: { requestId: 7 } }]);
    expect(abandonSplit(NOTHING_SPLIT)).toEqual([]);
  });
});

describe('frames that were not split', () => {
  it.each<[string, Bytes]>([
    ['a truncated request far from the frame size', request().slice(0, -1)],
    ['a bare header', header(3)],
    ['a bare header of an answer', header(0x40)],
    ['less than a header', [1, 3, 0]],
    ['nothing', []],
    ['an unknown base type', request({ params: [5, 1, 1, 65, 0, 99] })],
    ['an unknown code', header(0x3f)],
  ])('%s fails at once', (_, frame) => {
    expect(kinds(feed(frame, request()))).toEqual([['failed'], ['message']]);
  });

  it('the same short request twice is two messages', () => {
    expect(kinds(feed(request(), request()))).toEqual([['message'], ['message']]);
  });

  it('a truncated response near the frame size fails at once', () => {
    expect(kinds(feed(response(0x80, [0xff], 'x'.repeat(CHUNK_BYTES - 27)).slice(0, -2)))).toEqual([['failed']]);
  });
});
