import { describe, expect, it } from '@jest/globals';
import { behaviourOf, QUIET_FLEET } from '../../../../src/sandbox/fleet/behaviour';
import { ConnectGate } from '../../../../src/sandbox/fleet/connect-gate';
import { unreported } from '../../../../src/sandbox/fleet/desired';
import { fillTemplate } from '../../../../src/sandbox/fleet/new-devices';
import { ManualClock } from '../../../support/manual-clock';

const never = new AbortController().signal;

describe('behaviourOf', () => {
  it.each([
    [10, 0.2, 0.3],
    [10, 0.1, 0],
    [1000, 0.25, 0.5],
    [10, 1, 1],
    [10, 0, 1],
  ])('spreads shares over %d devices: %d offline, %d failing', (count, offlineShare, failingShare) => {
    const fleet = { ...QUIET_FLEET, offlineShare, failingShare };
    const all = Array.from({ length: count }, (_, index) => behaviourOf(index, fleet));
    const online = count * (1 - offlineShare);
    expect(all.filter(({ isOffline }) => isOffline)).toHaveLength(count * offlineShare);
    expect(all.filter(({ isFailing }) => isFailing)).toHaveLength(Math.min(online, count * failingShare));
    expect(all.filter(({ isOffline, isFailing }) => isOffline && isFailing)).toEqual([]);
  });
});

describe('fillTemplate', () => {
  it('numbers strings and takes elements in turn, in all combinations', () => {
    const template = {
      name: 'press {index}',
      site: ['a', 'b'],
      inner: { model: ['x', 'y', 'z'], fixed: [7] },
      on: true,
    };
    const all = Array.from({ length: 6 }, (_, index) => fillTemplate(template, index));
    expect(all[0]).toEqual({ name: 'press 0', site: 'a', inner: { model: 'x', fixed: 7 }, on: true });
    expect(new Set(all.map(({ site, inner }) => JSON.stringify([site, inner]))).size).toBe(6);
    expect(fillTemplate(template, 6)).toEqual({ ...all[0], name: 'press 6' });
  });

  it('leaves out members whose array is empty', () => {
    expect(fillTemplate({ a: [], b: 1 }, 3)).toStrictEqual({ b: 1 });
  });
});

describe('unreported', () => {
  it('returns the differing properties without those of the hub', () => {
    expect(unreported({ a: 1, b: { c: 2 }, $version: 4 }, { a: 1, b: { c: 3 }, $version: 1 })).toEqual({ b: { c: 2 } });
    expect(unreported({ a: 1, $metadata: {} }, { a: 1 })).toBeUndefined();
  });

  it('returns a removed property once', () => {
    expect(unreported({ a: null }, { a: 1 })).toEqual({ a: null });
    expect(unreported({ a: null }, {})).toBeUndefined();
  });
});

describe('ConnectGate', () => {
  const attempt = () => {
    let settle!: { resolve: (value: string) => void; reject: (error: Error) => void };
    let isRunning = false;
    const connect = (): Promise<string> => {
      isRunning = true;
      return new Promise((resolve, reject) => (settle = { resolve, reject }));
    };
    return {
      connect,
      isRunning: () => isRunning,
      good: () => settle.resolve('ok'),
      bad: () => settle.reject(new Error('x')),
    };
  };

  it('limits how many connect at a time', async () => {
    const gate = new ConnectGate(new ManualClock(), 2);
    const attempts = [attempt(), attempt(), attempt()];
    const passes = attempts.map(({ connect }) => gate.pass(connect, () => false, never));
    expect(attempts.map(({ isRunning }) => isRunning())).toEqual([false, false, false]);
    await Promise.resolve();
    expect(attempts.map(({ isRunning }) => isRunning())).toEqual([true, true, false]);
    attempts[0]?.good();
    await passes[0];
    await Promise.resolve();
    expect(attempts[2]?.isRunning()).toBe(true);
  });

  it('lets one connect at a time, with pauses, while there is no response', async () => {
    const clock = new ManualClock();
    const gate = new ConnectGate(clock, 10);
    const first = attempt();
    const failure = gate.pass(first.connect, () => false, never).catch((error: unknown) => error);
    await Promise.resolve();
    first.bad();
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(250);
    expect(await failure).toEqual(new Error('x'));
    const others = [attempt(), attempt(), attempt()];
    const passes = others.map(({ connect }) => gate.pass(connect, () => false, never));
    await Promise.resolve();
    expect(others.map(({ isRunning }) => isRunning())).toEqual([true, false, false]);
    others[0]?.good();
    await passes[0];
    await Promise.resolve();
    expect(others.map(({ isRunning }) => isRunning())).toEqual([true, true, true]);
  });

  it('removes the restriction after a refusal, which is a response', async () => {
    const gate = new ConnectGate(new ManualClock(), 2);
    const first = attempt();
    const failure = gate.pass(first.connect, () => true, never).catch((error: unknown) => error);
    await Promise.resolve();
    first.bad();
    expect(await failure).toEqual(new Error('x'));
    const others = [attempt(), attempt()];
    for (const { connect } of others) void gate.pass(connect, () => true, never);
    await Promise.resolve();
    expect(others.map(({ isRunning }) => isRunning())).toEqual([true, true]);
  });

  it('removes callers that stop waiting', async () => {
    const gate = new ConnectGate(new ManualClock(), 1);
    const first = attempt();
    void gate.pass(first.connect, () => false, never);
    const abort = new AbortController();
    const second = attempt();
    const given = gate.pass(second.connect, () => false, abort.signal);
    abort.abort(new Error('given up'));
    await expect(given).rejects.toThrow('given up');
    first.good();
    await Promise.resolve();
    expect(second.isRunning()).toBe(false);
  });
});
