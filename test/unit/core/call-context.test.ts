import { describe, expect, it } from '@jest/globals';
import { remainingMs, startCall, startPart, untilSignal } from '../../../src/core/call-context.js';
import { sleep } from '../../../src/core/clock.js';
import { ManualClock } from '../../support/manual-clock.js';

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

  it('arms no timer until its signal is read, which then still aborts at the deadline of the call', () => {
    const clock = new ManualClock();
    const call = startCall({ timeoutMs: 1000, clock });
    expect(clock.armed).toBe(0);
    clock.advance(400);
    const { signal } = call;
    clock.advance(599);
    expect(signal.aborted).toBe(false);
    clock.advance(1);
    expect(signal.reason).toEqual(new Error('deadline'));
  });

  it('is aborted at once when its signal is first read after the deadline', () => {
    const clock = new ManualClock();
    const call = startCall({ timeoutMs: 1000, clock });
    clock.advance(1000);
    expect(call.signal.reason).toEqual(new Error('deadline'));
    expect(clock.armed).toBe(0);
  });

  it('is aborted when its signal is read only after it has ended, for the reason that ended it', () => {
    const call = startCall({ timeoutMs: 1000, clock: new ManualClock() });
    call.dispose(new Error('connection lost'));
    call.dispose();
    expect(call.signal.reason).toEqual(new Error('connection lost'));
  });

  it('ends a part with the whole, whichever signal is read first', () => {
    const clock = new ManualClock();
    const whole = startCall({ timeoutMs: 1000, clock });
    const read = startPart(whole, { maxMs: 500 });
    const unread = startPart(whole, {});
    expect(read.signal.aborted).toBe(false);
    whole.dispose(new Error('caller left'));
    expect([read.signal.reason, unread.signal.reason]).toEqual([new Error('caller left'), new Error('caller left')]);
    expect(clock.armed).toBe(0);
  });

  it('calls listeners once with the reason of its end, or at once afterwards, but not those that have unsubscribed', () => {
    const clock = new ManualClock();
    const call = startCall({ timeoutMs: 1000, clock });
    const heard: string[] = [];
    call.onAbort((reason) => heard.push(`first: ${String(reason)}`));
    const leave = call.onAbort(() => heard.push('left'));
    leave();
    expect(call.abortReason).toBeUndefined();
    clock.advance(1000);
    call.dispose();
    call.onAbort((reason) => heard.push(`late: ${String(reason)}`));
    expect(heard).toEqual(['first: Error: deadline', 'late: Error: deadline']);
    expect([call.abortReason, call.signal.reason]).toEqual([new Error('deadline'), new Error('deadline')]);
    expect(clock.armed).toBe(0);
  });

  it('has no deadline and lasts until its signal aborts, if it was created for a signal', () => {
    const clock = new ManualClock();
    const stopping = new AbortController();
    const context = untilSignal(stopping.signal, startCall({ timeoutMs: 1000, clock }));
    const heard: unknown[] = [];
    context.onAbort((reason) => heard.push(reason));
    clock.advance(5000);
    expect([context.abortReason, remainingMs(context), clock.armed]).toEqual([undefined, Infinity, 0]);
    const reason = new Error('the agent is stopping');
    stopping.abort(reason);
    expect([context.abortReason, ...heard]).toEqual([reason, reason]);
  });
});
