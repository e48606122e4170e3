import type { Instruments, Labels } from '../core/instruments.js';
import { CODE, isResponseCode } from './codec/codes.js';

type Direction = 'in' | 'out';

interface TrafficLabels {
  readonly all: Labels;
  /** By the code of a message. */
  readonly byCode: readonly Labels[];
}

/** Every frame is counted, so the labels are made once. */
const LABELS: Readonly<Record<Direction, TrafficLabels>> = { in: labelsOf('in'), out: labelsOf('out') };

function labelsOf(direction: Direction): TrafficLabels {
  const names = new Map(Object.entries(CODE).map(([name, code]) => [code as number, name]));
  const typeOf = (code: number): string => (isResponseCode(code) ? 'response' : (names.get(code) ?? 'other'));
  return {
    all: { direction },
    byCode: Array.from({ length: 256 }, (_, code) => ({ direction, type: typeOf(code).toLowerCase() })),
  };
}

/** Counts the frames of one message in one direction, which are all of one type. */
export function countTraffic(instruments: Instruments, direction: Direction, frames: readonly Uint8Array[]): void {
  const { all, byCode } = LABELS[direction];
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  // The code follows the version [AO 2].
  const ofType = byCode[frames[0]?.[1] ?? 0] ?? all;
  instruments.count('alwayson_frames_total', all, frames.length);
  instruments.count('alwayson_bytes_total', all, bytes);
  instruments.count('alwayson_frames_by_type_total', ofType, frames.length);
  instruments.count('alwayson_bytes_by_type_total', ofType, bytes);
}
