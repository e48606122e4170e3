/**
 * `tsx --expose-gc scripts/load/fuzz-codec.ts [COUNT] [SEED]`: feeds mutated frames of other software to the codec.
 * Every frame must be read or fail with a code, and memory must not grow. A million at full size.
 */
import { type FuzzTally, fuzzCodec } from '../../test/support/codec/frame-mutation.js';
import { bytesOf, frameVectors } from '../../test/support/codec/vectors.js';

const DEFAULT_COUNT = 1_000_000;
const ROUNDS = 10;
const LARGEST_GROWTH_BYTES = 8 * 1_048_576;

function main(count: number, seed: number): void {
  // Long frames contain little but one repeated letter and would only slow down the run.
  const frames = frameVectors()
    .map(bytesOf)
    .filter((frame) => frame.length < 1000);
  process.stdout.write(`${count} mutated frames of ${frames.length}, seed ${seed}\n`);
  const startMs = performance.now();
  let settledBytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const tally = fuzzCodec(frames, Math.ceil(count / ROUNDS), seed + round);
    const usedBytes = usedMemory();
    // The first round fills bounded memory: cached data shapes and compiled code.
    if (round === 0) settledBytes = usedBytes;
    report(round, tally, usedBytes);
  }
  const growthBytes = usedMemory() - settledBytes;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  process.stdout.write(`no crash, every failure coded, ${seconds} s, growth ${growthBytes} bytes\n`);
  if (growthBytes <= LARGEST_GROWTH_BYTES) return;
  process.stderr.write(`memory grew by more than ${LARGEST_GROWTH_BYTES} bytes\n`);
  process.exitCode = 1;
}

function usedMemory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function report(round: number, { decoded, failed }: FuzzTally, usedBytes: number): void {
  const failures = Object.entries(failed).map(([code, number]) => `${code} ${number}`);
  process.stdout.write(`${round + 1}/${ROUNDS}: read ${decoded}, ${failures.join(', ')}; ${usedBytes} bytes in use\n`);
}

const [count = DEFAULT_COUNT, seed = 1] = process.argv.slice(2).map(Number);
main(count, seed);
