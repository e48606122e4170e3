import { expect, test } from '@jest/globals';
import { AgentError } from '../../../src/core/errors.js';
import { DEFAULT_RETRY, withRetries } from '../../../src/iothub/retry.js';
import { failureOf, inCall } from '../../support/jobs/callers.js';
import { ManualClock } from '../../support/manual-clock.js';

const transient = (more: object = {}): AgentError =>
  new AgentError('HubUnavailable', 'not now', { context: { transient: true, ...more } });

test('pauses grow with full jitter up to their cap, and never exceed the deadline', async () => {
  const clock = new ManualClock();
  const startMs = clock.monotonicMs();
  const atMs: number[] = [];
  const failing = inCall(
    (context) =>
      withRetries(
        context,
        () => {
          atMs.push(clock.monotonicMs() - startMs);
          return Promise.reject(transient());
        },
        { ...DEFAULT_RETRY, random: () => 0.5 },
      ),
    { clock, timeoutMs: 25_000 },
  );
  const failure = failureOf(failing);
  await clock.advanceAsync(30_000);
  expect((await failure).code).toBe('HubUnavailable');
  expect(atMs.slice(0, 7)).toEqual([0, 100, 300, 700, 1500, 3100, 5100]);
  expect(atMs.at(-1)).toBe(24_600);
});

test('an error that is not transient is not retried', async () => {
  let attempts = 0;
  const attempt = (): Promise<never> => {
    attempts += 1;
    return Promise.reject(new AgentError('HubRejected', 'no'));
  };
  await failureOf(inCall((context) => withRetries(context, attempt)));
  expect(attempts).toBe(1);
});

test('an error after a lost response is marked', async () => {
  const errors = [transient({ answerLost: true }), new AgentError('JobNotCancellable', 'no')];
  const attempt = (): Promise<never> => Promise.reject(errors.shift() as Error);
  const options = { ...DEFAULT_RETRY, baseMs: 0 };
  const failure = await failureOf(inCall((context) => withRetries(context, attempt, options)));
  expect(failure.code).toBe('JobNotCancellable');
  expect(failure.context['answerLost']).toBe(true);
});

test('a caller that disconnects ends the pause with the last failure', async () => {
  const controller = new AbortController();
  const clock = new ManualClock();
  const failing = failureOf(
    inCall((context) => withRetries(context, () => Promise.reject(transient())), { clock, signal: controller.signal }),
  );
  controller.abort(new Error('gone'));
  expect((await failing).code).toBe('HubUnavailable');
});
