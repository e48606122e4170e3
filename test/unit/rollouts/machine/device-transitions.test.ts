import { describe, expect, it } from '@jest/globals';
import {
  checked,
  ended,
  notVerified,
  retryDelayMs,
  started,
  withdrawn,
} from '../../../../src/rollouts/machine/device-transitions.js';
import type { DeviceRecord, RolloutDefinition } from '../../../../src/rollouts/records/records.js';
import { DEFINITION } from '../../../support/rollouts/rig.js';

const PENDING: DeviceRecord = { deviceId: 'd', state: 'pending', attempts: 0, tries: 0 };
const TIME = { nowMs: 5000, pauseMs: 7000, attempt: 1 };

const definition = (changes: Partial<RolloutDefinition>): RolloutDefinition => ({ ...DEFINITION, ...changes });

describe('a device', () => {
  it('is retried as often as retries allows, after the failures of retryOn only', () => {
    const rules = definition({ retries: 1, retryOn: ['refused'], retryStatuses: [503] });
    const refused = { state: 'refused', methodStatus: 503 } as const;
    const first = ended(rules, started(PENDING, 'j1', 1), refused, TIME);
    expect(first).toMatchObject({ state: 'retrying', due: 2, attempts: 1 });
    const second = ended(rules, started(first, 'j2', 2), refused, { ...TIME, attempt: 2 });
    expect(second).toMatchObject({ state: 'refused', jobId: 'j2', attempts: 2, startMs: 2, endMs: 5000 });
    expect(ended(rules, started(PENDING, 'j', 1), { ...refused, methodStatus: 500 }, TIME).state).toBe('refused');
    expect(ended(rules, started(PENDING, 'j', 1), { state: 'timedOut' }, TIME).state).toBe('timedOut');
  });

  it('is not retried once nothing begins any more', () => {
    const rules = definition({ retries: 3, retryOn: ['offline'] });
    const running = started(PENDING, 'j', 1);
    expect(ended(rules, running, { state: 'offline' }, { ...TIME, isLast: true }).state).toBe('offline');
  });

  it('uses up no retry while it waits to be connected, and pauses longer each time it fails again', () => {
    const rules = definition({ offlineDevices: 'wait' });
    let device = PENDING;
    const pauses = [0, 60, 120, 240].map((seconds) => seconds * 1000);
    for (const pauseMs of pauses) {
      device = ended(rules, started(device, 'j', 1), { state: 'offline' }, TIME);
      expect(device).toMatchObject({ state: 'waiting', isDeferred: true, tries: 0 });
      expect(device.offlineAgain?.untilMs).toBe(TIME.pauseMs + pauseMs);
    }
    for (let more = 0; more < 10; more += 1) device = ended(rules, started(device, 'j', 1), { state: 'offline' }, TIME);
    expect(device.offlineAgain?.untilMs).toBe(TIME.pauseMs + 3_600_000);
  });

  it('is verified after it has succeeded, and can be retried if it does not match', () => {
    const rules = definition({ verifyCondition: 'tags.a = 1', retries: 1, retryOn: ['unverified'] });
    const verifying = ended(rules, started(PENDING, 'j', 1), { state: 'succeeded' }, TIME);
    expect(verifying).toMatchObject({ state: 'verifying', verifyUntilMs: TIME.pauseMs + 600_000 });
    const retrying = notVerified(rules, verifying, TIME);
    expect(retrying).toMatchObject({ state: 'retrying', errorCode: 'NotVerified' });
    expect(retrying.verifyUntilMs).toBeUndefined();
  });

  it('returns to where it was when its job is withdrawn', () => {
    expect(withdrawn(started(PENDING, 'j', 1))).toEqual({ ...PENDING, isPostponed: true });
    const waiting: DeviceRecord = { ...PENDING, state: 'waiting', isDeferred: true };
    expect(withdrawn(started(waiting, 'j', 1))).toEqual(waiting);
  });

  it('is not found after three checks in a row without it in the hub', () => {
    const waiting: DeviceRecord = { ...PENDING, state: 'waiting', isDeferred: true };
    const twice = [false, false].reduce((device, isKnown) => checked(device, isKnown, 3, 1), waiting);
    expect(twice.state).toBe('waiting');
    expect(checked(checked(twice, true, 3, 1), false, 3, 1).state).toBe('waiting');
    expect(checked(twice, false, 3, 1)).toMatchObject({ state: 'notFound', errorCode: 'NotInHub', endMs: 1 });
  });
});

it.each([
  [60, 1, 60],
  [60, 2, 120],
  [60, 11, 61_440],
  [60, 12, 86_400],
  [0, 5, 0],
  [86_400, 2, 86_400],
])('retryDelayMs of %d s before the attempt after %d is %d s', (first, attempt, seconds) => {
  expect(retryDelayMs(first, attempt)).toBe(seconds * 1000);
});
