import { describe, expect, it, test } from '@jest/globals';
import { deferred, untilAborted } from '../../../src/core/promises.js';

describe('deferred', () => {
  it('returns a promise that is settled from outside', async () => {
    const end = deferred<number>();
    end.resolve(7);
    await expect(end.promise).resolves.toBe(7);
    const bad = deferred();
    bad.reject(new Error('no'));
    await expect(bad.promise).rejects.toThrow('no');
  });
});

describe('work that is waited for until a signal aborts', () => {
  test('resolves or rejects as the work does', async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(signal, Promise.resolve(7))).resolves.toBe(7);
    await expect(untilAborted(signal, Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  test('is abandoned with the reason of the signal, aborted before or meanwhile', async () => {
    const controller = new AbortController();
    const waiting = untilAborted(controller.signal, new Promise(() => undefined));
    controller.abort(new Error('late'));
    await expect(waiting).rejects.toThrow('late');
    await expect(untilAborted(controller.signal, new Promise(() => undefined))).rejects.toThrow('late');
  });

  test('rejects with its own error when it observes the signal', async () => {
    const controller = new AbortController();
    const work = new Promise<never>((_resolve, reject) => {
      controller.signal.addEventListener('abort', () => reject(new Error('ended by myself')));
    });
    const waiting = untilAborted(controller.signal, work);
    controller.abort(new Error('late'));
    await expect(waiting).rejects.toThrow('ended by myself');
  });

  test('may fail later without an unhandled rejection', async () => {
    const controller = new AbortController();
    let fail: (error: Error) => void = () => undefined;
    const waiting = untilAborted(controller.signal, new Promise<never>((_resolve, reject) => (fail = reject)));
    controller.abort(new Error('late'));
    await expect(waiting).rejects.toThrow('late');
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    fail(new Error('much later'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
