import { expect, test } from '@jest/globals';
import { CODE } from '../../../src/alwayson/codec/codes.js';
import { encodeMessage } from '../../../src/alwayson/codec/frame.js';
import { encodeFrames } from '../../../src/alwayson/codec/multipart.js';
import { tableFromRows } from '../../../src/alwayson/values.js';
import type { NativeRow } from '../../../src/edge/definitions.js';
import { shapeFields } from '../../../src/edge/shape-fields.js';
import { AZURE_DEVICE_JOB_RESULT } from '../../../src/jobs/data-shapes.js';
import { DEFAULT_MESSAGE_LIMITS, rowBytes, usableBytes } from '../../../src/jobs/result-size.js';

const HEADER = { code: CODE.SUCCESS, requestId: 1, endpointId: 0, sessionId: 1 };
const answer = (rows: readonly NativeRow[]) => ({
  kind: 'response' as const,
  reason: null,
  content: tableFromRows(shapeFields(AZURE_DEVICE_JOB_RESULT), rows),
});
const row = (index: number, text = ''): NativeRow => ({
  deviceId: `device-${index}`,
  jobId: 'é'.repeat(index % 70),
  startTime: new Date(0),
  methodStatus: 200,
  methodPayload: { index, text, list: [null, false] },
  error: '',
});

test('the size of a row is the number of bytes that it adds to a response', () => {
  const sizeOf = (rows: readonly NativeRow[]): number => encodeMessage(HEADER, answer(rows)).length;
  const empty = sizeOf([]);
  for (const each of [row(0), row(69), row(64, 'x'.repeat(300)), {}])
    expect(rowBytes(AZURE_DEVICE_JOB_RESULT, each)).toBe(sizeOf([each]) - empty);
});

test.each([
  DEFAULT_MESSAGE_LIMITS,
  { maxMessageBytes: 1024 * 1024, maxFrameBytes: 1024 },
  { maxMessageBytes: 200_000, maxFrameBytes: 65_535 },
  { maxMessageBytes: 50_000, maxFrameBytes: 8192 },
])('a result that is said to fit does fit %j, even if it nearly fills it', (limits) => {
  const fitting = usableBytes(limits);
  const rows: NativeRow[] = [];
  let bytes = 0;
  for (let index = 0; ; index += 1) {
    bytes += rowBytes(AZURE_DEVICE_JOB_RESULT, row(index));
    if (bytes > fitting) break;
    rows.push(row(index));
  }
  const frames = encodeFrames(HEADER, answer(rows), limits);
  expect(frames.length * limits.maxFrameBytes).toBeLessThanOrEqual(limits.maxMessageBytes);
  expect(fitting).toBeGreaterThan(limits.maxMessageBytes * 0.7);
});
