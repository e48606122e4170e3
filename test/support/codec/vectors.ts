import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A frame or value of other software, with the output of its decoder. */
export interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly decoded: RecordedFrame;
  readonly reassembled?: RecordedFrame;
  readonly kind: 'frame' | 'primitive' | 'infotable';
  /** What else PTC's Java SDK reports about its own frame. */
  readonly java?: Recorded;
  /** Whether Java reads an empty cell as the default of its column. */
  readonly readAsDefault?: true;
}

export type Recorded = Readonly<Record<string, any>>;

export interface RecordedFrame extends Recorded {
  /** Bytes that belong to the content; the others are stray. */
  readonly consumed?: number;
}

const read = (name: string): Vector[] =>
  JSON.parse(readFileSync(join(__dirname, '..', '..', 'vectors', name), 'utf8')) as Vector[];

export const frameVectors = (): Vector[] => [...read('encoder-frames.json'), ...read('captured-frames.json')];
export const javaVectors = (): Vector[] => read('java-frames.json');
export const valueVectors = (): Vector[] => read('values.json');

export const bytesOf = (vector: Vector): Buffer => Buffer.from(vector.hex, 'hex');

/** Whether it is one whole message, not a chunk. */
export const isWhole = (vector: Vector): boolean => Number(vector.decoded['multipart']) !== 1;

/** AUTH, BIND, REQUEST or RESPONSE; the recordings of the two SDKs name it differently. */
export function bodyTypeOf({ decoded }: Vector): string {
  const type = String(decoded['type'] ?? (decoded['body'] as Recorded)['kind']).toUpperCase();
  return type === 'CLEARAUTH' ? 'AUTH' : type;
}

/** Removes the surplus bytes that the C SDK's encoder sends. */
export function withoutStrays(vector: Vector): string {
  const { consumed } = vector.decoded;
  return consumed === undefined ? vector.hex : vector.hex.slice(0, 2 * consumed);
}
