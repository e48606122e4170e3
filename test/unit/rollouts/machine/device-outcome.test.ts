import { describe, expect, it } from '@jest/globals';
import { outcomeOfRow } from '../../../../src/rollouts/machine/device-outcome.js';

describe('outcomeOfRow', () => {
  it.each([
    ['GatewayTimeout', 'timedOut'],
    ['504101', 'timedOut'],
    ['DeviceConnectionClosedRemotely', 'timedOut'],
    ['404104', 'timedOut'],
    ['JobTimedOut', 'timedOut'],
    ['DeviceNotOnline', 'offline'],
    ['404103', 'offline'],
    ['DeviceNotFound', 'notFound'],
    ['DeviceMaximumQueueDepthExceeded', 'failed'],
    ['constructor', 'failed'],
  ])('of the error code %s is %s', (errorCode, state) => {
    expect(outcomeOfRow({ status: 'failed', errorCode })).toEqual({ state, errorCode });
  });

  it.each([
    [200, 'succeeded'],
    [399, 'succeeded'],
    [400, 'refused'],
    [-1, 'succeeded'],
  ])('of the method status %d is %s', (methodStatus, state) => {
    expect(outcomeOfRow({ status: 'completed', methodStatus })).toEqual({ state, methodStatus });
  });

  it('of a twin that was changed is succeeded, and of a row without an outcome failed', () => {
    expect(outcomeOfRow({ status: 'Completed' })).toEqual({ state: 'succeeded' });
    expect(outcomeOfRow({})).toEqual({ state: 'failed' });
  });

  it('keeps a response of up to 4 KiB of JSON, null too', () => {
    const kept = (methodPayload: unknown) => outcomeOfRow({ status: 'completed', methodStatus: 200, methodPayload });
    expect(kept(null)).toHaveProperty('methodPayload', 'null');
    expect(kept('x'.repeat(4094))).toHaveProperty('methodPayload', `"${'x'.repeat(4094)}"`);
    expect(kept('x'.repeat(4095))).toEqual({ state: 'succeeded', methodStatus: 200, methodPayloadTruncated: true });
    expect(kept('é'.repeat(2048))).toHaveProperty('methodPayloadTruncated', true);
  });
});
