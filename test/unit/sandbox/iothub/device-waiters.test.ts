import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { DeviceWaiters } from '../../../../src/sandbox/iothub/device-waiters.js';
import { ManualClock } from '../../../support/manual-clock.js';

const DEVICE = { deviceId: 'd1' };
const MODULE = { deviceId: 'd1', moduleId: 'm1' };

function setUp() {
  const clock = new ManualClock();
  return { clock, waiters: new DeviceWaiters(clock) };
}

describe('waiting for a device', () => {
  it('ends with true when that device, and no other, is announced', () => {
    const { waiters } = setUp();
    const ends: [string, boolean][] = [];
    waiters.wait(DEVICE, 1000, (isReady) => ends.push(['device', isReady]));
    waiters.wait(MODULE, Infinity, (isReady) => ends.push(['module', isReady]));
    waiters.announce({ deviceId: 'd2' });
    expect(ends).toEqual([]);
    waiters.announce(MODULE);
    waiters.announce(DEVICE);
    waiters.announce(DEVICE);
    expect(ends).toEqual([
      ['module', true],
      ['device', true],
    ]);
  });

  it('ends with false after its timeout, at once for a timeout of 0, and on abort', async () => {
    const { clock, waiters } = setUp();
    const abort = new AbortController();
    const late = waiters.whenReady(DEVICE, 1000, undefined);
    const aborted = waiters.whenReady(DEVICE, Infinity, abort.signal);
    abort.abort();
    clock.advance(1000);
    expect(await Promise.all([late, aborted])).toEqual([false, false]);
    expect(await waiters.whenReady(DEVICE, 0, undefined)).toBe(false);
    expect(await waiters.whenReady(DEVICE, 1000, abort.signal)).toBe(false);
  });

  it('ends exactly once, by the first event, for any order of events', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constantFrom('wait', 'announce', 'stop'), device: fc.nat(2) }),
      fc.record({ kind: fc.constantFrom('advance', 'close'), device: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const { clock, waiters } = setUp();
        interface Wait {
          readonly device: number;
          readonly endsAtMs: number;
          readonly stop: () => void;
          expected: boolean | 'stopped' | undefined;
          readonly actual: boolean[];
        }
        const waits: Wait[] = [];
        const open = (device?: number): Wait[] =>
          waits.filter((wait) => wait.expected === undefined && (device === undefined || wait.device === device));
        for (const { kind, device } of events) {
          const id = { deviceId: `d${device}` };
          if (kind === 'wait') {
            const actual: boolean[] = [];
            const stop = waiters.wait(id, 100, (isReady) => actual.push(isReady));
            waits.push({ device, endsAtMs: clock.monotonicMs() + 100, stop, expected: undefined, actual });
          } else if (kind === 'announce') {
            waiters.announce(id);
            for (const wait of open(device)) wait.expected = true;
          } else if (kind === 'stop') {
            const [wait] = open(device);
            wait?.stop();
            if (wait) wait.expected = 'stopped';
          } else if (kind === 'close') {
            waiters.close();
            for (const wait of open()) wait.expected = false;
          } else {
            clock.advance(60);
            for (const wait of open()) if (wait.endsAtMs <= clock.monotonicMs()) wait.expected = false;
          }
        }
        expect(waits.map(({ actual }) => actual)).toEqual(
          waits.map(({ expected }) => (typeof expected === 'boolean' ? [expected] : [])),
        );
      }),
    );
  });
});
