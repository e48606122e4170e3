import { describe, expect, it } from '@jest/globals';
import type { CallContext } from '../../../src/core/call-context.js';
import { AgentError } from '../../../src/core/errors.js';
import { sideBySide } from '../../../src/core/call-context.js';
import { failureOf, inCall } from '../../support/jobs/callers.js';

const untilEnded = (part: CallContext): Promise<never> =>
  new Promise((_resolve, reject) => {
    part.signal.addEventListener('abort', () => reject(new AgentError('ServiceUnavailable', 'ended')), { once: true });
  });

describe('parts of a call that run concurrently', () => {
  it('resolve with all results, in their order', async () => {
    const results = await inCall((context) =>
      sideBySide<[number, string]>(context, [() => Promise.resolve(1), () => Promise.resolve('two')]),
    );
    expect(results).toEqual([1, 'two']);
  });

  it('are all aborted when one fails, and the call fails with the first failure', async () => {
    let ended = 0;
    const waiting = (part: CallContext): Promise<never> => untilEnded(part).finally(() => void (ended += 1));
    const failure = await failureOf(
      inCall((context) =>
        sideBySide(context, [waiting, () => Promise.reject(new AgentError('HubThrottled', 'first')), waiting]),
      ),
    );
    expect(failure.code).toBe('HubThrottled');
    expect(ended).toBe(2);
  });

  it('are aborted with the call', async () => {
    const caller = new AbortController();
    const running = inCall((context) => sideBySide(context, [untilEnded, untilEnded]), { signal: caller.signal });
    caller.abort(new Error('gone'));
    expect((await failureOf(running)).code).toBe('ServiceUnavailable');
  });
});
