import { describe, expect, it, jest } from '@jest/globals';
import { fullJitterMs, spreadDelayMs } from '../../../src/core/backoff.js';
import { remainingMs, startCall } from '../../../src/core/call-context.js';
import { sleep } from '../../../src/core/clock.js';
import { deferred } from '../../../src/core/deferred.js';
import { ERROR_CODES } from '../../../src/core/error-codes.js';
import { AgentError, isAgentError, messageOf } from '../../../src/core/errors.js';
import { TokenBucket } from '../../../src/core/token-bucket.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('back-off', () => {
  it('spreads over the whole range up to the doubled base', () => {
    const options = { baseMs: 500, capMs: 60_000 };
    expect(fullJitterMs(0, options, () => 0)).toBe(0);
    expect(fullJitterMs(0, options, () => 0.5)).toBe(250);
    expect(fullJitterMs(3, options, () => 0.5)).toBe(2000);
  });

  it('stops at the cap, however many attempts there were', () => {
    expect(fullJitterMs(5000, { baseMs: 500, capMs: 60_000 }, () => 0.999)).toBeLessThan(60_000);
  });

  it('keeps a refused end waiting 5, 10, 20, 40, 40 s, plus or minus 20 %', () => {
    const options = { baseMs: 5000, capMs: 40_000, spread: 0.2 };
    expect([0, 1, 2, 3, 4].map((attempt) => spreadDelayMs(attempt, options, () => 0.5))).toEqual([
      5000, 10_000, 20_000, 40_000, 40_000,
    ]);
    expect(spreadDelayMs(0, options, () => 0)).toBe(4000);
    expect(spreadDelayMs(0, options, () => 1)).toBe(6000);
  });
});

describe('AgentError', () => {
  it('makes the reason text from code and sentence', () => {
    const error = new AgentError('JobNotFound', 'the hub knows no job x');
    expect(error.reason).toBe('JobNotFound: the hub knows no job x');
    expect(error.retryable).toBe(false);
    expect(new AgentError('HubTimeout', 'late').retryable).toBe(true);
  });

  it('keeps its cause and is told apart by code', () => {
    const cause = new Error('socket');
    const error = new AgentError('HubUnavailable', 'no hub', { cause });
    expect(error.cause).toBe(cause);
    expect(isAgentError(error, 'HubTimeout', 'HubUnavailable')).toBe(true);
    expect(isAgentError(error, 'HubTimeout')).toBe(false);
    expect(isAgentError(cause)).toBe(false);
    expect(messageOf('text')).toBe('text');
  });

  it('has a sentence on when and what to do for each code', () => {
    for (const entry of Object.values(ERROR_CODES)) {
      expect(entry.when).toMatch(/\.$/);
      expect(entry.remedy).toMatch(/\.$/);
    }
  });
});

describe('token bucket', () => {
  it('fills with time and never above its capacity', () => {
    const bucket = new TokenBucket({ perSecond: 2, capacity: 4, nowMs: 0 });
    expect([1, 2, 3, 4, 5].map(() => bucket.take(0))).toEqual([true, true, true, true, false]);
    expect(bucket.take(499)).toBe(false);
    expect(bucket.take(500)).toBe(true);
    expect(bucket.waitMs(500)).toBe(500);
    expect([1, 2, 3, 4, 5].map(() => bucket.take(60_000))).toEqual([true, true, true, true, false]);
  });

  it('tells how long a reserved token takes to come', () => {
    const bucket = new TokenBucket({ perSecond: 10, capacity: 1, nowMs: 0 });
    expect(bucket.reserve(0)).toBe(0);
    expect(bucket.reserve(0)).toBe(100);
    expect(bucket.reserve(0)).toBe(200);
  });

  it('is not confused by a clock that goes back', () => {
    const bucket = new TokenBucket({ perSecond: 1, capacity: 1, nowMs: 1000 });
    bucket.take(1000);
    expect(bucket.take(0)).toBe(false);
  });
});

describe('call context', () => {
  it('aborts at the deadline', () => {
    const clock = new ManualClock();
    const call = startCall({ timeoutMs: 1000, clock });
    clock.advance(999);
    expect(call.signal.aborted).toBe(false);
    expect(remainingMs(call)).toBe(1);
    clock.advance(1);
    expect(call.signal.aborted).toBe(true);
    expect(remainingMs(call)).toBe(0);
  });

  it('aborts with its parent, and leaves nothing behind when disposed of', () => {
    const clock = new ManualClock();
    const parent = new AbortController();
    const call = startCall({ timeoutMs: 1000, clock, signal: parent.signal });
    parent.abort(new Error('gone'));
    expect(call.signal.reason).toEqual(new Error('gone'));
    call.dispose();
    expect(clock.armed).toBe(0);
  });

  it('ends what still runs for it when it is disposed of, but keeps the reason of an earlier end', async () => {
    const clock = new ManualClock();
    const call = startCall({ timeoutMs: 1000, clock });
    const left = sleep(clock, 500, call.signal);
    call.dispose();
    await expect(left).rejects.toThrow('the call has ended');
    expect(clock.armed).toBe(0);
    const late = startCall({ timeoutMs: 1000, clock });
    clock.advance(1000);
    late.dispose();
    expect(late.signal.reason).toEqual(new Error('deadline'));
  });

  it('is aborted from the start under an aborted parent', () => {
    const call = startCall({ timeoutMs: 1000, clock: new ManualClock(), signal: AbortSignal.abort() });
    expect(call.signal.aborted).toBe(true);
  });
});

describe('sleep', () => {
  it('ends in time, or at once when aborted', async () => {
    const clock = new ManualClock();
    const woke = jest.fn();
    const sleeping = sleep(clock, 100).then(woke);
    clock.advance(100);
    await sleeping;
    expect(woke).toHaveBeenCalledTimes(1);

    const controller = new AbortController();
    const aborted = sleep(clock, 100, controller.signal);
    controller.abort(new Error('stop'));
    await expect(aborted).rejects.toThrow('stop');
    expect(clock.armed).toBe(0);
  });
});

describe('deferred', () => {
  it('settles from outside', async () => {
    const end = deferred<number>();
    end.resolve(7);
    await expect(end.promise).resolves.toBe(7);
    const bad = deferred();
    bad.reject(new Error('no'));
    await expect(bad.promise).rejects.toThrow('no');
  });
});
