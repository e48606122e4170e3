import { describe, expect, it } from '@jest/globals';
import { LogOutput } from '../../../../src/agent/ops/log-output.js';
import { createLogger } from '../../../../src/agent/ops/logger.js';
import type { LogDevice } from '../../../../src/agent/ops/log-device.js';
import { ManualClock } from '../../../support/manual-clock.js';

/** An output device whose state the test sets: how much it accepts at a time, or how it fails. */
class ScriptedDevice implements LogDevice {
  text = '';
  writes = 0;
  /** Bytes accepted at a time; 0 if the reader does not read. */
  takes = Infinity;
  fails: Error | undefined;
  /** Whether results arrive later, as from a thread. */
  isAsync = false;
  readonly #later: (() => void)[] = [];

  write(chunk: Buffer, done: (error: Error | null, bytesWritten: number) => void): void {
    this.writes += 1;
    const answer = (): void => (this.fails ? done(this.fails, 0) : done(null, this.#take(chunk)));
    if (this.isAsync) this.#later.push(answer);
    else answer();
  }

  writeSync(chunk: Buffer): number {
    if (this.fails) throw this.fails;
    return this.#take(chunk);
  }

  /** Completes one write that is in progress. */
  finish(): void {
    this.#later.shift()?.();
  }

  #take(chunk: Buffer): number {
    const taken = chunk.subarray(0, this.takes);
    this.text += taken.toString('latin1');
    return taken.length;
  }
}

function outputTo(
  device: ScriptedDevice,
  maxWaiting = 1_000,
): { output: LogOutput; clock: ManualClock; blocked: () => number } {
  const clock = new ManualClock(0);
  let blockedMs = 0;
  const output = new LogOutput({
    device,
    maxWaiting,
    schedule: (delayMs, fire) => void clock.schedule(delayMs, fire),
    block: (delayMs) => {
      blockedMs += delayMs;
    },
  });
  return { output, clock, blocked: () => blockedMs };
}

const lines = (from: number, until: number): string[] =>
  Array.from({ length: until - from }, (_, index) => `line ${from + index}\n`);

const noSpace = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

describe('the output of the log', () => {
  it('writes each line at once while the device accepts it', () => {
    const device = new ScriptedDevice();
    const { output } = outputTo(device);
    output.write('one\n');
    expect(device.text).toBe('one\n');
    output.write('two\n');
    expect(device.text).toBe('one\ntwo\n');
  });

  it.each([1, 3, 7, 100])('keeps order and bytes if only %i bytes are accepted at a time', async (takes) => {
    const device = new ScriptedDevice();
    device.takes = takes;
    const { output } = outputTo(device);
    for (const line of lines(0, 50)) output.write(line);
    await output.flush(0);
    expect(device.text).toBe(lines(0, 50).join(''));
    expect(output.droppedLines).toBe(0);
  });

  it('queues lines while the other end does not read, and drops and counts those beyond its bound', () => {
    const device = new ScriptedDevice();
    device.takes = 0;
    const { output, clock } = outputTo(device, 100);
    const recovered: number[] = [];
    output.onRecovered = (count) => void recovered.push(count);
    for (let index = 0; index < 10_000; index += 1) output.write('0123456789\n');
    expect(device.text).toBe('');
    expect(output.droppedLines).toBeGreaterThan(9_980);
    clock.advance(60_000);
    expect(recovered).toEqual([]);
    device.takes = Infinity;
    clock.advance(20);
    expect(device.text.split('\n').length - 1).toBe(10_000 - output.droppedLines);
    expect(recovered).toEqual([output.droppedLines]);
  });

  it('retries a full disk once a second, and writes the queued lines when there is space', () => {
    const device = new ScriptedDevice();
    device.fails = noSpace;
    const { output, clock } = outputTo(device);
    for (const line of lines(0, 5)) output.write(line);
    clock.advance(10_000);
    expect(device.writes).toBe(11);
    device.fails = undefined;
    clock.advance(1_000);
    expect(device.text).toBe(lines(0, 5).join(''));
  });

  it('does not write a second chunk before the first one has ended', () => {
    const device = new ScriptedDevice();
    device.isAsync = true;
    const { output } = outputTo(device);
    for (const line of lines(0, 10)) output.write(line);
    expect(device.writes).toBe(1);
    device.finish();
    expect(device.text).toBe('line 0\n');
  });

  it('flush waits for the last line, but not for a device that fails or does not read', async () => {
    const device = new ScriptedDevice();
    device.isAsync = true;
    const { output } = outputTo(device);
    for (const line of lines(0, 3)) output.write(line);
    let isFlushed = false;
    const flushed = output.flush(1_000).then(() => (isFlushed = true));
    device.finish();
    await Promise.resolve();
    expect(isFlushed).toBe(false);
    device.finish();
    await flushed;
    expect(device.text).toBe(lines(0, 3).join(''));

    const stuck = new ScriptedDevice();
    stuck.takes = 0;
    const waiting = outputTo(stuck);
    waiting.output.write('x\n');
    const limited = waiting.output.flush(500);
    waiting.clock.advance(500);
    await limited;

    const failing = new ScriptedDevice();
    failing.fails = noSpace;
    const broken = outputTo(failing);
    broken.output.write('x\n');
    await broken.output.flush(1_000_000);
    expect(failing.text).toBe('');
  });

  it('flushSync writes the last lines in order, for at most a quarter of a second', () => {
    const device = new ScriptedDevice();
    device.takes = 0;
    const { output, blocked } = outputTo(device);
    for (const line of lines(0, 3)) output.write(line);
    output.flushSync();
    expect(blocked()).toBe(250);
    device.takes = 4;
    output.flushSync();
    expect(device.text).toBe(lines(0, 3).join(''));
    expect(blocked()).toBe(250);
  });

  it('flushSync does not repeat what a thread is writing', () => {
    const device = new ScriptedDevice();
    device.isAsync = true;
    const { output } = outputTo(device);
    for (const line of lines(0, 3)) output.write(line);
    output.flushSync();
    device.finish();
    expect(device.text.split('\n').sort()).toEqual(['', 'line 0', 'line 1', 'line 2']);
  });

  it('flushSync never throws', () => {
    const device = new ScriptedDevice();
    device.fails = noSpace;
    const { output } = outputTo(device);
    output.write('x\n');
    expect(() => output.flushSync()).not.toThrow();
  });
});

describe('a log on such an output', () => {
  it('reports how many lines were dropped once it works again', () => {
    const device = new ScriptedDevice();
    device.takes = 0;
    const { output, clock } = outputTo(device, 500);
    const log = createLogger({ level: 'info', secrets: [], sink: output });
    for (let index = 0; index < 100; index += 1) log.info({ index }, 'a line');
    device.takes = Infinity;
    clock.advance(20);
    log.info({}, 'the next');
    const written = device.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const reports = written.filter(({ msg }) => String(msg).startsWith('log lines were dropped'));
    expect(reports).toEqual([expect.objectContaining({ level: 'warn', count: log.output?.droppedLines })]);
    expect(written.at(-1)).toMatchObject({ msg: 'the next' });
    expect(written).toHaveLength(102 - (log.output?.droppedLines ?? 0));
  });
});
