import { describe, expect, it } from '@jest/globals';
import { MessageTurns } from '../../../src/alwayson/message-turns.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const numbered = (index: number): Uint8Array => new Uint8Array([index & 0xff, index >> 8]);
const numberOf = (frame: Uint8Array | undefined): number => (frame?.[0] ?? 0) + ((frame?.[1] ?? 0) << 8);

function started(): { turns: MessageTurns; delivered: number[]; calls: string[] } {
  const delivered: number[] = [];
  const calls: string[] = [];
  const turns = new MessageTurns({
    deliver: (frame) => void delivered.push(numberOf(frame)),
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
  });
  return { turns, delivered, calls };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('messages of one turn of the event loop', () => {
  it('are delivered at once when they are few', async () => {
    const { turns, delivered, calls } = started();
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 999; index += 1) turns.push(numbered(round * 999 + index));
      expect(delivered).toHaveLength((round + 1) * 999);
      await nextTurn();
    }
    expect(delivered).toEqual(upTo(2_997));
    expect(calls).toEqual([]);
  });

  it('are spread over turns when they are many, in order, with reading paused', async () => {
    const { turns, delivered, calls } = started();
    for (let index = 0; index < 13_107; index += 1) turns.push(numbered(index));
    for (let turn = 1; turn <= 13; turn += 1) {
      expect(delivered).toHaveLength(turn * 1_000);
      expect(calls).toEqual(['pause']);
      await nextTurn();
    }
    expect(delivered).toEqual(upTo(13_107));
    expect(calls).toEqual(['pause', 'resume']);
    await nextTurn();
    turns.push(numbered(13_107));
    expect(delivered).toEqual(upTo(13_108));
  });

  it('keep their order when more come while some wait', async () => {
    const { turns, delivered } = started();
    let next = 0;
    for (let round = 0; round < 20; round += 1) {
      for (let index = 0; index < 1_500; index += 1) turns.push(numbered(next++));
      await nextTurn();
    }
    turns.flush();
    expect(delivered).toEqual(upTo(next));
  });

  it('are all delivered when the connection ends', () => {
    const { turns, delivered } = started();
    for (let index = 0; index < 5_000; index += 1) turns.push(numbered(index));
    turns.flush();
    expect(delivered).toEqual(upTo(5_000));
  });
});
